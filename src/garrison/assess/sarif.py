"""Results as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison import __version__
from garrison.checks.check import Check, Result, Severity, Status

_LEVEL: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORE: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0"}
"""How GitHub ranks what has a `security-severity`."""


def sarif(results: Iterable[Result], checks: Iterable[Check]) -> dict[str, Any]:
    """A log with one result for each failure; what could not be read is a notification of the run."""
    found = list(results)
    failing = [r for r in found if r.status in (Status.FAIL, Status.EXCEPTED)]
    unknown = [r for r in found if r.status is Status.NOT_AVAILABLE]
    rules = [
        {
            "id": check.id,
            "shortDescription": {"text": check.title},
            "fullDescription": {"text": check.why},
            "defaultConfiguration": {"level": _LEVEL[check.severity]},
            "properties": {"security-severity": _SCORE[check.severity], "cells": list(check.cells)},
        }
        for check in checks
    ]
    notes = [
        {"level": "error", "message": {"text": f"{r.check}: {r.outcome.reason}"}, "associatedRule": {"id": r.check}}
        for r in unknown
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "garrison", "version": __version__, "rules": rules}},
                "invocations": [{"executionSuccessful": not unknown, "toolExecutionNotifications": notes}],
                "results": [_result(r) for r in failing],
            }
        ],
    }


def _result(r: Result) -> dict[str, Any]:
    fix = r.outcome.fix
    text = r.outcome.reason
    if fix is not None and fix.commands:
        text += "\n\nFix:\n" + "\n".join(fix.commands)
    told: dict[str, Any] = {
        "ruleId": r.check,
        "level": _LEVEL[r.severity],
        "message": {"text": text},
        "locations": [
            {
                "logicalLocations": [{"fullyQualifiedName": r.outcome.subject, "kind": "resource"}],
                # Code scanning shows nothing that is in no file.
                "physicalLocation": {"artifactLocation": {"uri": f"account/{r.account}"}},
            }
        ],
        "partialFingerprints": {"subject/v1": f"{r.check}|{r.account}|{r.outcome.subject}"},
    }
    if r.status is Status.EXCEPTED:
        told["suppressions"] = [{"kind": "external", "justification": f"exception {r.exception}"}]
    return told
