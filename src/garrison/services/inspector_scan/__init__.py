"""Inspector Scan: every module with operations, imported so that they are registered."""

from garrison.services.inspector_scan import operations

__all__ = ["operations"]
