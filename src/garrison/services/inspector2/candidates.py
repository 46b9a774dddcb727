"""What is wrong with a resource as it is now: its findings, before they are compared with those it had.

Source: Inspector user guide, "Amazon Inspector finding types", "Understanding severity levels" and "Amazon Inspector
score"; titles and texts of network findings as public examples of findings have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.scan.match import AffectedPackage, Matches, Vulnerability
from garrison.scan.match import Finding as Match
from garrison.scan.match.score import adjusted
from garrison.services.inspector2.resources import EC2, NETWORK, PACKAGE, Covered, Finding, Known, Path, Vulnerable

_SOURCES = {
    "Debian": "DEBIAN_CVE",
    "Ubuntu": "UBUNTU_CVE",
    "Red Hat": "REDHAT_CVE",
    "Amazon Linux": "AMAZON_CVE",
    "AlmaLinux": "ALMALINUX_CVE",
    "Rocky Linux": "ROCKY_CVE",
    "Alpine": "ALPINE_CVE",
    "SUSE": "SUSE_CVE",
    "Oracle Linux": "ORACLE_CVE",
}
"""Base of a package's ecosystem -> the finding's `source`. All but NVD are recalled."""
_LONGEST = 1024


class Candidates(msgspec.Struct, frozen=True):
    """Everything that is wrong with a resource."""

    findings: dict[str, Finding]
    """By what makes it the same finding from scan to scan."""
    known: dict[str, Known]
    """What is told of the vulnerabilities among them."""


def candidates(id: str, covered: Covered, matches: Matches | None) -> Candidates:
    """Findings of a resource; `matches` is None where there is no inventory."""
    findings: dict[str, Finding] = {}
    known: dict[str, Known] = {}
    for match in matches.findings if matches is not None else ():
        told = match.vulnerability
        findings[told.id] = _package(covered, match)
        known[told.id] = _known(told)
    for path in covered.reachability or ():
        findings[_key(path)] = _network(id, path)
    return Candidates(findings, known)


def _package(covered: Covered, match: Match) -> Finding:
    told = match.vulnerability
    names = ", ".join(dict.fromkeys(a.package.name for a in match.packages))
    source, url = _source(match)
    score, details = _score(covered, told)
    return Finding(
        type=PACKAGE,
        severity=str(told.severity),
        title=f"{told.id} - {names}"[:_LONGEST],
        first=0.0,
        updated=0.0,
        fix=str(match.fix_available),
        exploit=told.exploit_available,
        epss=told.epss,
        score=score,
        score_details=details,
        vulnerability=told.id,
        source=source,
        source_url=url,
        vendor_severity=told.vendor_severity[:64],
        related=told.related[:100],
        packages=tuple(_vulnerable(one) for one in match.packages),
    )


def _source(match: Match) -> tuple[str, str]:
    """`source` and `sourceUrl`: the distribution's, for its packages."""
    told = match.vulnerability
    bases = {a.package.ecosystem.partition(":")[0] for a in match.packages}
    if len(bases) == 1 and (name := _SOURCES.get(next(iter(bases)))) is not None:
        return name, next((o.url for o in told.origins if o.url and "nvd.nist.gov" not in o.url), told.url)
    return ("NVD" if told.id.startswith("CVE-") else told.origins[0].source if told.origins else "NVD"), told.url


def _score(covered: Covered, told: Vulnerability) -> tuple[float | None, dict[str, Any]]:
    """`inspectorScore` and `inspectorScoreDetails.adjustedCvss`.

    Ubuntu's packages have none, because Ubuntu rates by a scale of its own (user guide). The attack vector is adjusted
    for hosts whose reachability is known.
    """
    if told.score is None or not told.vector or covered.platform.startswith("UBUNTU"):
        return None, {}
    rating = next((r for r in told.ratings if r.vector == told.vector), None)
    source = rating.source if rating is not None else told.severity_source or "NVD"
    details: dict[str, Any] = {
        "scoreSource": source,
        "cvssSource": source,
        "version": rating.version if rating is not None else "3.1",
        "score": told.score,
        "scoringVector": told.vector,
        "adjustments": [],
    }
    if covered.type == EC2 and covered.reachability is not None:
        paths = covered.reachability
        made = adjusted(
            told.vector,
            from_internet=any(path.origin == "INTERNET" for path in paths),
            from_network=bool(paths),
            port_open=bool(paths),
        )
        if made is not None:
            details |= {
                "score": made.score,
                "scoringVector": made.vector,
                "adjustments": [{"metric": a.metric, "reason": a.reason} for a in made.adjustments],
            }
    return float(details["score"]), details


def _vulnerable(affected: AffectedPackage) -> Vulnerable:
    package = affected.package
    return Vulnerable(
        name=package.name[:_LONGEST],
        version=package.version[:_LONGEST] or "0",
        manager=str(package.manager),
        epoch=package.epoch,
        release=package.release[:_LONGEST],
        arch=package.arch[:64].upper() if package.arch == "x86_64" else package.arch[:64],
        path=package.path[:_LONGEST],
        layer=package.layer if len(package.layer) == 71 else "",
        fixed=affected.fixed_version[:_LONGEST],
        remediation=affected.remediation[:_LONGEST],
    )


def _known(told: Vulnerability) -> Known:
    return Known(
        description=told.description,
        url=told.url,
        cvss=tuple(
            {"baseScore": r.score, "scoringVector": r.vector, "version": r.version, "source": r.source}
            for r in told.ratings
        ),
        created=told.published,
        updated=told.modified,
        references=told.references,
        cwes=told.cwes,
        epss=told.epss,
        exploit_seen=told.exploit_last_seen,
        kev_added=told.kev_added,
        kev_due=told.kev_due,
        kev_action=told.kev_action,
    )


def _key(path: Path) -> str:
    return f"{path.protocol}/{path.begin}-{path.end}/{path.origin}"


def _network(id: str, path: Path) -> Finding:
    ports = f"port {path.begin}" if path.begin == path.end else f"port range {path.begin}-{path.end}"
    source = "an Internet Gateway" if path.origin == "INTERNET" else "its own network"
    steps: Mapping[str, str] = path.steps[0] if path.steps else {}
    origin = f"the {steps['componentType']} {steps['componentId']}" if steps else source
    return Finding(
        type=NETWORK,
        # What severity AWS gives to which service is recalled only: the sender may say it.
        severity=path.severity or ("MEDIUM" if path.origin == "INTERNET" else "LOW"),
        title=(path.title or f"{ports.capitalize()} is reachable from {source}")[:_LONGEST],
        first=0.0,
        updated=0.0,
        path=path,
        description=(
            path.description or f"On the instance {id}, {ports} ({path.protocol}) is reachable from {origin}."
        )[:_LONGEST],
    )
