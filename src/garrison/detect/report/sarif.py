"""Findings as SARIF 2.1.0, for code scanning and whatever else reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from garrison import __version__
from garrison.detect.report.subject import subject
from garrison.detect.severity import level

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}


def sarif(findings: Sequence[dict[str, Any]], warnings: Sequence[str] = ()) -> dict[str, Any]:
    """A log with one result for each finding. There is no file it is in: its place is account, region and resource."""
    rules = {finding["type"]: _rule(finding) for finding in findings}
    notes = [{"level": "warning", "message": {"text": text}} for text in warnings]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "garrison", "version": __version__, "rules": list(rules.values())}},
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
                "results": [_result(finding) for finding in findings],
            }
        ],
    }


def _rule(finding: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": finding["type"],
        "shortDescription": {"text": finding["type"]},
        "defaultConfiguration": {"level": _LEVELS[level(finding["severity"])]},
        "properties": {"security-severity": f"{finding['severity']:.1f}", "tags": ["security", "threat"]},
    }


def _result(finding: dict[str, Any]) -> dict[str, Any]:
    place = f"{finding['accountId']}/{finding['region']}"
    named = f"{place}/{subject(finding)}"
    return {
        "ruleId": finding["type"],
        "level": _LEVELS[level(finding["severity"])],
        "message": {"text": f"{finding['title']} {finding['description']}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": place}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": named, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"finding/v1": finding["id"]},
        "occurrenceCount": finding["service"]["count"],
        "properties": {
            "firstSeen": finding["service"]["eventFirstSeen"],
            "lastSeen": finding["service"]["eventLastSeen"],
        },
    }
