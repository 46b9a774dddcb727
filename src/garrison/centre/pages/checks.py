"""Checks, and resources: what was said of each, with the evidence and what puts it right."""

from __future__ import annotations

from typing import Any

from garrison.centre.calls import Calls, Refusal
from garrison.centre.visit import Visit
from garrison.checks import load
from garrison.signin.answer import Answer

_STATUSES = ("FAIL", "NOT_AVAILABLE", "EXCEPTED", "PASS", "NOT_APPLICABLE")
_SEVERITIES = ("critical", "high", "medium", "low")
_MOST = 5000


def results(calls: Calls, **asked: str) -> list[dict[str, Any]]:
    """What the newest whole assessment said."""
    found: list[dict[str, Any]] = calls.pages(
        "garrison", "ListAssessmentResults", "results", _MOST, maxResults=500, **asked
    )
    return found


def grouped(several: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results by check: the worst first, and the gravest of those."""
    by_check: dict[str, list[dict[str, Any]]] = {}
    for one in several:
        by_check.setdefault(one["checkId"], []).append(one)
    rows = [_row(check, found) for check, found in by_check.items()]
    return sorted(rows, key=lambda row: (_STATUSES.index(row["status"]), _SEVERITIES.index(row["severity"])))


def _row(check: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    found = sorted(found, key=lambda one: _STATUSES.index(one["status"]))
    return {
        "check": check,
        "title": found[0]["title"],
        "severity": found[0]["severity"],
        "status": found[0]["status"],
        "results": found,
        "failed": sum(one["status"] == "FAIL" for one in found),
        "examined": sum(one.get("examined", 1) for one in found),
        "accounts": sorted({one["accountId"] for one in found if one["status"] == found[0]["status"]}),
        "behavioural": found[0]["behavioural"],
    }


def every(visit: Visit) -> Answer:
    """All checks that were asked, and the resources most of them fail on."""
    found = results(visit.calls)
    rows = grouped(found)
    by_subject: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        if one["status"] == "FAIL":
            by_subject.setdefault(one["subject"], []).append(one)
    resources = sorted(
        by_subject.items(),
        key=lambda item: tuple(-sum(one["severity"] == s for one in item[1]) for s in _SEVERITIES),
    )
    status = visit.query.get("status", "")
    shown = [row for row in rows if status in ("", row["status"])]
    counts = {name: sum(row["status"] == name for row in rows) for name in _STATUSES}
    return visit.page(
        "checks.html", rows=shown, resources=resources[:40], more=max(0, len(resources) - 40), counts=counts,
        only=status, severities=_SEVERITIES, asked=len(rows),
    )  # fmt: skip


def one(visit: Visit) -> Answer:
    """One check: every subject it spoke of."""
    id = visit.path.split("/")[2]
    known = load().get(id)
    found = results(visit.calls, checkId=id)
    if known is None and not found:
        raise Refusal("garrison:ListAssessmentResults", "ResourceNotFoundException", f"There is no check {id}.")
    return visit.page("check.html", id=id, check=known, results=found)


def resource(visit: Visit) -> Answer:
    """One resource: what every check said of it."""
    arn = visit.query.get("arn", "")
    found = results(visit.calls, subject=arn) if arn else []
    if not found:
        raise Refusal("garrison:ListAssessmentResults", "ResourceNotFoundException", f"Nothing was said of {arn!r}.")
    return visit.page("resource.html", arn=arn, results=found)
