"""What every form of a report tells, in their order: one structure, from which HTML, PDF and JSON are made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from garrison.assess.frameworks.standing import ControlResult, ControlStatus, Standing
from garrison.checks.check import Result
from garrison.evidence.record import Record

SENTENCES: dict[ControlStatus, str] = {
    ControlStatus.GAP: "a check failed",
    ControlStatus.NOT_AVAILABLE: "something could not be read: nobody knows",
    ControlStatus.PARTLY: "nothing failed unanswered; the requirement asks for more, or a failure is excepted",
    ControlStatus.SATISFIED: "every check passed, and they look at all of it",
    ControlStatus.NOT_APPLICABLE: "there is nothing it could be about",
    ControlStatus.MANUAL: "people, paper or the provider's reports show it",
    ControlStatus.NOT_ASSESSED: "nothing here looked at it",
}
_SHOWN = 20
"""Failures shown of one control; the rest is counted."""


def told(found: Standing, about: Record, run: str) -> dict[str, Any]:
    """The report's content: text, numbers and lists. `about` is the run's own record, `run` its id."""
    framework = found.framework
    counts = {status.value: n for status, n in found.counts.items()}
    return {
        "framework": {
            "id": framework.id, "title": framework.title, "version": framework.version,
            "source": framework.source, "note": framework.note,
        },
        "run": run,
        "source": f"{about['source']['kind']} {about['source']['name']}".strip(),
        "accounts": list(about["accounts"]),
        "started": moment(about["started"]),
        "finished": moment(about["finished"]),
        "collector": about["collector"],
        "counts": counts,
        "coverage": {"assessed": found.assessed, "of": len(found.controls), "percent": percent(found)},
        "meanings": {status.value: text for status, text in SENTENCES.items()},
        "controls": [control(one) for one in found.controls],
    }  # fmt: skip


def percent(found: Standing) -> int:
    """Controls that were assessed, of a hundred, rounded down: coverage is never made to look better."""
    return 100 * found.assessed // max(1, len(found.controls))


def control(one: ControlResult) -> dict[str, Any]:
    """One control as rows and documents have it."""
    return {
        "id": one.control.id,
        "title": one.control.title,
        "status": one.status.value,
        "checks": list(one.control.checks),
        "passed": one.passed,
        "failed": len(one.failing),
        "unknown": len(one.unknown),
        "excepted": len(one.excepted),
        "not_asked": list(one.not_asked),
        "failures": [_failure(r) for r in one.failing[:_SHOWN]],
        "more": max(0, len(one.failing) - _SHOWN),
        "exceptions": [_failure(r) for r in one.excepted[:_SHOWN]],
        "unread": [_failure(r) for r in one.unknown[:_SHOWN]],
    }


def _failure(result: Result) -> Mapping[str, Any]:
    fix = result.outcome.fix
    return {
        "check": result.check,
        "account": result.account,
        "subject": result.outcome.subject,
        "reason": result.outcome.reason,
        "severity": result.severity,
        "fix": list(fix.commands) if fix is not None else [],
    }


def moment(seconds: float) -> str:
    """A time as documents tell it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
