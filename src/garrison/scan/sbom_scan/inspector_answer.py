"""ScanSbom's answer in Inspector's own short form."""

from __future__ import annotations

from typing import Any

from garrison.scan.match import Finding, Severity
from garrison.scan.sbom_scan.scanned import Scanned, State, counts, fixed_version, stamp


def answer(scanned: Scanned) -> dict[str, Any]:
    """The document."""
    made: dict[str, Any] = {"vulnerability_count": counts(scanned.findings)}
    made["messages"] = [_message(e.state, e.component) for e in scanned.entries if e.state is not State.VULNERABLE]
    if scanned.findings:
        made["vulnerabilities"] = [_vulnerability(f) for f in scanned.findings]
    return made


def _message(state: State, component: Any) -> dict[str, str]:
    kind, text = state.value
    made = {f"{kind}_message": text}
    if component.purl:
        return made | {"purl": component.purl}
    made["name"] = component.name
    if component.version:
        made["version"] = component.version
    return made


def _vulnerability(finding: Finding) -> dict[str, Any]:
    told = finding.vulnerability
    severity = {Severity.UNTRIAGED: "unknown", Severity.INFORMATIONAL: "info"}.get(told.severity, told.severity.lower())
    made: dict[str, Any] = {
        "id": told.id,
        "severity": severity,
        "description": told.description,
        "source": told.url,
    }
    if told.published:
        made["created"] = stamp(told.published)
    if told.modified:
        made["updated"] = stamp(told.modified)
    if told.references:
        made["references"] = list(told.references)
    if told.related:
        made["related"] = list(told.related)
    made["affects"] = [
        _affects(a.package.purl, fixed_version(a.package, a.fixed_version) if a.fixed_version else "")
        for a in finding.packages
    ]
    made["properties"] = _properties(finding)
    return made


def _affects(purl: str, fixed: str) -> dict[str, str]:
    return {"installed_version": purl, "fixed_version": fixed} if fixed else {"installed_version": purl}


def _properties(finding: Finding) -> dict[str, Any]:
    told = finding.vulnerability
    made: dict[str, Any] = {}
    scores = [
        {
            "severity": r.severity,
            "source": r.source,
            f"cvss_{r.version[0]}_base_score": r.score,
            f"cvss_{r.version[0]}_base_vector": r.vector,
        }
        for r in told.ratings
    ]
    if scores:
        made["cvss"] = scores
    if told.cwes:
        made["cwes"] = list(told.cwes)
    if told.epss is not None:
        made["epss"] = told.epss
    if told.exploit_available:
        made["exploit_available"] = True
    if told.exploit_last_seen:
        made["exploit_last_seen_in_public"] = stamp(told.exploit_last_seen)
    if told.kev_added:
        made["cisa_kev_date_added"] = stamp(told.kev_added)
        if told.kev_due:
            made["cisa_kev_date_due"] = stamp(told.kev_due)
    return made
