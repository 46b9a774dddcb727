"""Amazon Inspector Scan: a bill of materials in, what is wrong with it out, in ScanSbom's own forms."""

from garrison.scan.sbom_scan.scan import MOST_COMPONENTS, SbomRejected, scan_sbom

__all__ = ["MOST_COMPONENTS", "SbomRejected", "scan_sbom"]
