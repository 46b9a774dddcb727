"""Frameworks: where each stands, requirement by requirement, and as documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from garrison.centre.calls import Calls, Refusal, Tried, together
from garrison.centre.visit import Visit
from garrison.signin.answer import PRIVATE, Answer

FORMS = ("html", "pdf", "oscal", "csv", "json", "sarif", "junit")
_ORDER = ("GAP", "NOT_AVAILABLE", "PARTLY", "SATISFIED", "NOT_APPLICABLE", "MANUAL", "NOT_ASSESSED")


def asking(calls: Calls) -> dict[str, Callable[[], dict[str, Any]]]:
    """What is to be asked of each framework, by its id: how many requirements stand how. Raises `Refusal`."""
    known = calls.ask("garrison", "ListFrameworks")["frameworks"]

    def standing(framework: str) -> dict[str, Any]:
        told = calls.ask("garrison", "GetFrameworkStanding", framework=framework, countsOnly=True)
        return told | rates(told)

    return {one["framework"]: partial(standing, one["framework"]) for one in known}


def seen(found: Mapping[str, Tried]) -> Tried:
    """Those of the frameworks that the person may see; why not, where it is none."""
    refusals = [one.refusal for one in found.values() if one.refusal is not None]
    if refusals and len(refusals) == len(found):
        return Tried(refusal=refusals[0])
    return Tried([one.value for one in found.values() if one.ok])


def rates(told: dict[str, Any]) -> dict[str, int]:
    """What is satisfied of what could be judged wholly or in part, beside how much that is of the framework."""
    counts = told["statuses"]
    judged = told["assessed"] - counts.get("NOT_APPLICABLE", 0)
    return {"satisfied": counts.get("SATISFIED", 0), "judged": judged}


def every(visit: Visit) -> Answer:
    """All of them."""
    several = seen(together(**asking(visit.calls)))
    if several.refusal is not None:
        raise several.refusal
    return visit.page("frameworks.html", several=several.value)


def one(visit: Visit) -> Answer:
    """One: its requirements."""
    id = visit.path.split("/")[2]
    asked = {"assessmentId": visit.query["assessment"]} if visit.query.get("assessment") else {}
    told = visit.calls.ask("garrison", "GetFrameworkStanding", framework=id, **asked)
    points = visit.calls.ask("garrison", "GetFrameworkTrend", framework=id, maxResults=12)["points"]
    status = visit.query.get("status", "")
    shown = [control for control in told["controls"] if status in ("", control["status"])]
    shown.sort(key=lambda control: _ORDER.index(control["status"]))
    return visit.page(
        "framework.html", told=told | rates(told), points=points, shown=shown, only=status, order=_ORDER, forms=FORMS,
        asked=asked,
    )  # fmt: skip


def report(visit: Visit) -> Answer:
    """One as a document."""
    form = visit.query.get("form", "")
    if form not in FORMS:
        raise Refusal("garrison:GetFrameworkReport", "ValidationException", f"form is one of {', '.join(FORMS)}.")
    asked = {"assessmentId": visit.query["assessment"]} if visit.query.get("assessment") else {}
    document, about = visit.calls.document(
        "garrison", "GetFrameworkReport", "document", framework=visit.path.split("/")[2], form=form, **asked
    )
    assert hashlib.sha256(document).hexdigest() == about["sha256"]
    name = "".join(c for c in about["fileName"] if c.isalnum() or c in "._-")
    headers = [
        ("Content-Type", about["mediaType"]),
        ("Content-Disposition", f'attachment; filename="{name}"'),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ("X-Content-SHA256", about["sha256"]),
        *PRIVATE,
    ]
    return Answer(200, headers, document)
