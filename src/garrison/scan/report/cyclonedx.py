"""A scan's result as CycloneDX 1.5: the bill of materials with its vulnerabilities in it."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.scan.inventory.sbom import cyclonedx as writer
from garrison.scan.match import Finding
from garrison.scan.report.report import Report
from garrison.scan.sbom_scan.cyclonedx_answer import ratings


def cyclonedx(report: Report) -> dict[str, Any]:
    """The document. What is suppressed has `not_affected` as its state, and the reason."""
    document: dict[str, Any] = msgspec.json.decode(writer.write(report.inventory, created=report.created))
    document["metadata"]["properties"] += [
        {"name": "garrison:database:built", "value": report.database.built},
        {"name": "garrison:database:age_seconds", "value": str(report.database.age_seconds)},
    ]
    # The writer numbers components in the order of the inventory.
    refs = {id(package): f"comp-{number}" for number, package in enumerate(report.inventory.packages, 1)}
    document["vulnerabilities"] = [_vulnerability(f, n, refs) for n, f in enumerate(report.findings, 1)]
    return document


def _vulnerability(finding: Finding, number: int, refs: dict[int, str]) -> dict[str, Any]:
    told = finding.vulnerability
    made: dict[str, Any] = {"bom-ref": f"vuln-{number}", "id": told.id, "source": {"url": told.url}}
    if told.related:
        made["references"] = [{"id": r, "source": {"name": r.partition("-")[0]}} for r in told.related]
    made |= {"ratings": ratings(told), "cwes": list(told.cwes), "description": told.description or told.title}
    if fixes := sorted({a.remediation for a in finding.packages if a.remediation}):
        made["recommendation"] = "\n".join(fixes)
    made["advisories"] = [{"url": url} for url in told.references]
    made["affects"] = [{"ref": refs[id(a.package)]} for a in finding.packages]
    if finding.suppressed is not None:
        detail = f"{finding.suppressed.by}: {finding.suppressed.reason}"
        made["analysis"] = {"state": "not_affected", "detail": detail}
    else:
        made["analysis"] = {"state": "exploitable" if told.exploit_available else "in_triage"}
    return made
