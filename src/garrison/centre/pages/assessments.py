"""Assessments there were, a new one, and single records of their evidence."""

from __future__ import annotations

import json
from typing import Any

from garrison.centre.visit import Visit
from garrison.signin import answer
from garrison.signin.answer import Answer


def every(visit: Visit) -> Answer:
    """The newest hundred."""
    found = visit.calls.pages("garrison", "ListAssessments", "assessments", 100, maxResults=100)
    return visit.page("assessments.html", runs=found)


def changes(visit: Visit) -> Answer:
    """What one changed against the one before it."""
    told = visit.calls.ask("garrison", "GetAssessmentChanges", assessmentId=visit.path.split("/")[2])
    return visit.page("changes.html", told=told, counts=counted(told["changes"]))


def counted(changes: list[dict[str, Any]]) -> dict[str, int]:
    """How many changes there are of each kind, the bad ones first."""
    kinds = ("new", "no longer excepted", "no longer known", "fixed", "excepted", "gone", "still failing")
    return {kind: n for kind in kinds if (n := sum(one["change"] == kind for one in changes))}


def evidence(visit: Visit) -> Answer:
    """One record, as it was written."""
    told = visit.calls.ask("garrison", "GetEvidence", evidenceId=visit.path.split("/")[2])
    text = json.dumps(told["record"], indent=2, ensure_ascii=False, sort_keys=True)
    return visit.page("evidence.html", told=told, record=told["record"], text=text)


def start(visit: Visit) -> Answer:
    """Assess now."""
    visit.calls.ask("garrison", "StartAssessment")
    return answer.redirect("/")
