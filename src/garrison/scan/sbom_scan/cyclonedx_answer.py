"""ScanSbom's answer as CycloneDX 1.5: the components with what became of them, and the vulnerabilities."""

from __future__ import annotations

import hashlib
from typing import Any

from garrison import __version__
from garrison.scan.match import Finding, Rating, Severity, Vulnerability
from garrison.scan.sbom_scan.scanned import (
    Entry,
    Scanned,
    counts,
    fixed_version,
    milliseconds,
    reported_source,
    stamp,
)

PREFIX = "amazon:inspector:sbom_scanner:"
_METHODS = {"2.0": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}
_COPIED = ("bom-ref", "name", "type", "version", "purl")


def answer(scanned: Scanned) -> dict[str, Any]:
    """The document."""
    found = counts(scanned.findings)
    made: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.5"}
    serial = scanned.document.get("serialNumber")
    if isinstance(serial, str):
        made["serialNumber"] = serial
    made["metadata"] = {
        "tools": {"services": [{"name": "Amazon Inspector Scan SBOM API", "version": _version(scanned)}]},
        "timestamp": milliseconds(scanned.now),
        "properties": [
            {"name": f"{PREFIX}{severity}_vulnerabilities", "value": str(count)} for severity, count in found.items()
        ],
    }
    made["components"] = _components(scanned)
    if scanned.findings:
        made["vulnerabilities"] = [_vulnerability(f, n) for n, f in enumerate(scanned.findings, 1)]
    return made


def _version(scanned: Scanned) -> str:
    parts = (__version__, scanned.database.built, f"{scanned.database.advisories}")
    return "+".join(hashlib.sha256(part.encode()).hexdigest()[:8] for part in parts)


def _components(scanned: Scanned) -> list[dict[str, Any]]:
    top: list[dict[str, Any]] = []
    levels = [top]
    for entry in scanned.entries:
        del levels[entry.depth + 1 :]
        component = _component(entry)
        if entry.depth >= len(levels):
            # Its parent was a duplicate: it moves up.
            levels[-1].append(component)
        else:
            levels[entry.depth].append(component)
        inner: list[dict[str, Any]] = []
        if isinstance(entry.raw.get("components"), list) and entry.raw["components"]:
            component["components"] = inner
        levels.append(inner)
    return top


def _component(entry: Entry) -> dict[str, Any]:
    made = {key: entry.raw[key] for key in _COPIED if key in entry.raw}
    made.setdefault("bom-ref", entry.component.ref)
    properties: list[dict[str, str]] = []
    package = entry.component.package
    if package is not None and package.path and ":" not in package.ecosystem:
        properties.append({"name": f"{PREFIX}path", "value": package.path})
    kind, message = entry.state.value
    if kind:
        properties.append({"name": f"{PREFIX}{kind}", "value": message})
    if properties:
        made["properties"] = properties
    return made


def _vulnerability(finding: Finding, number: int) -> dict[str, Any]:
    told = finding.vulnerability
    made: dict[str, Any] = {"bom-ref": f"vuln-{number}", "id": told.id, "source": _source(told.id, told.url)}
    references = [
        {"id": o.id, "source": {"name": reported_source(o.id), "url": o.url}} for o in told.origins if o.id != told.id
    ]
    if references:
        made["references"] = references
    made["ratings"] = ratings(told)
    if told.cwes:
        made["cwes"] = list(told.cwes)
    made["description"] = told.description
    if told.references:
        made["advisories"] = [{"url": url} for url in told.references]
    if told.published:
        made["created"] = stamp(told.published)
    if told.modified:
        made["updated"] = stamp(told.modified)
    made["affects"] = [{"ref": a.package.ref} for a in finding.packages]
    made["analysis"] = {"state": "exploitable" if told.exploit_available else "in_triage"}
    properties = _properties(finding)
    made["properties"] = [{"name": PREFIX + name, "value": value} for name, value in properties]
    return made


def _properties(finding: Finding) -> list[tuple[str, str]]:
    told = finding.vulnerability
    made = []
    if told.exploit_available:
        made.append(("exploit_available", "true"))
    if told.exploit_last_seen:
        made.append(("exploit_last_seen_in_public", stamp(told.exploit_last_seen)))
    if told.kev_added:
        made.append(("cisa_kev_date_added", stamp(told.kev_added)))
        if told.kev_due:
            made.append(("cisa_kev_date_due", stamp(told.kev_due)))
    made += [
        (f"fixed_version:{a.package.ref}", fixed_version(a.package, a.fixed_version))
        for a in finding.packages
        if a.fixed_version
    ]
    made.append(("priority", str(finding.priority)))
    made.append(("priority_intelligence", "verified" if told.kev_added else "unverified"))
    return made


def ratings(told: Vulnerability) -> list[dict[str, Any]]:
    """CVSS scores, EPSS, and where there is no score what is thought of it."""
    made = [_rating(told, rating) for rating in told.ratings]
    if not made:
        severity = {Severity.UNTRIAGED: "unknown", Severity.INFORMATIONAL: "info"}.get(
            told.severity, told.severity.lower()
        )
        made.append({"source": {"name": "AMAZON_INSPECTOR"}, "severity": severity, "method": "other"})
    if told.epss is not None:
        made.append(
            {
                "source": {"name": "EPSS", "url": f"https://api.first.org/data/v1/epss?cve={told.id}"},
                "score": told.epss,
                "severity": "none",
                "method": "other",
                "vector": f"model:{told.epss_model},date:{told.epss_date}",
            }
        )
    return made


def _rating(told: Vulnerability, rating: Rating) -> dict[str, Any]:
    url = f"https://nvd.nist.gov/vuln/detail/{told.id}" if rating.source == "NVD" else told.url
    return {
        "source": {"name": rating.source, "url": url},
        "score": rating.score,
        "severity": rating.severity,
        "method": _METHODS[rating.version],
        "vector": rating.vector,
    }


def _source(identifier: str, url: str) -> dict[str, str]:
    return {"name": reported_source(identifier), "url": url}
