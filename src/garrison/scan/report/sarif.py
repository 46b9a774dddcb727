"""A scan's result as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison import __version__
from garrison.scan.match import AffectedPackage, Finding, Severity
from garrison.scan.report.report import Report

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.UNTRIAGED: "warning",
    Severity.LOW: "note",
    Severity.INFORMATIONAL: "note",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.0",
    Severity.UNTRIAGED: "5.0",
    Severity.LOW: "2.0",
    Severity.INFORMATIONAL: "0.0",
}
"""How GitHub ranks what has no score."""


def sarif(report: Report) -> dict[str, Any]:
    """A log with one result for each vulnerability in each package; what could not be read is a notification."""
    rules = {f.vulnerability.id: _rule(f) for f in report.findings}
    notes = [
        {
            "level": "error" if p.lost else "note",
            "message": {"text": f"{p.path or report.inventory.target}: {p.reason}"},
        }
        for p in report.inventory.problems
    ]
    notes += [{"level": "warning", "message": {"text": w}} for w in report.warnings]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "garrison", "version": __version__, "rules": list(rules.values())}},
                "invocations": [
                    {"executionSuccessful": report.inventory.complete, "toolExecutionNotifications": notes}
                ],
                "properties": {
                    "databaseBuilt": report.database.built,
                    "databaseAgeSeconds": report.database.age_seconds,
                },
                "results": list(_results(report)),
            }
        ],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    told = finding.vulnerability
    score = f"{told.score:.1f}" if told.score is not None else _SCORES[told.severity]
    return {
        "id": told.id,
        "shortDescription": {"text": told.title[:1000] or told.id},
        "fullDescription": {"text": told.description[:1000] or told.id},
        "helpUri": told.url,
        "defaultConfiguration": {"level": _LEVELS[told.severity]},
        "properties": {"security-severity": score, "tags": ["vulnerability", told.severity.lower()]},
    }


def _results(report: Report) -> Iterator[dict[str, Any]]:
    for finding in report.findings:
        for affected in finding.packages:
            yield _result(report, finding, affected)


def _result(report: Report, finding: Finding, affected: AffectedPackage) -> dict[str, Any]:
    told, package = finding.vulnerability, affected.package
    text = f"{package.name} {package.native_version} has {told.id} ({told.severity.lower()})."
    text += (
        f" Fixed in {affected.fixed_version}: {affected.remediation}" if affected.fixed_version else " No fix is known."
    )
    if told.kev_added:
        text += f" Known to be exploited since {told.kev_added}."
    uri = package.path.partition("!")[0] or report.inventory.target
    made: dict[str, Any] = {
        "ruleId": told.id,
        "level": _LEVELS[told.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}}],
        "partialFingerprints": {"finding/v1": f"{told.id}|{package.ecosystem}|{package.name}|{package.path}"},
    }
    if finding.suppressed is not None:
        made["suppressions"] = [
            {"kind": "external", "justification": f"{finding.suppressed.by}: {finding.suppressed.reason}"}
        ]
    return made
