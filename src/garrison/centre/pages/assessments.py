"""Assessments there were, a new one, and single records of their evidence."""

from __future__ import annotations

import json

from garrison.centre.visit import Visit
from garrison.signin import answer
from garrison.signin.answer import Answer


def every(visit: Visit) -> Answer:
    """The newest hundred."""
    found = visit.calls.pages("garrison", "ListAssessments", "assessments", 100, maxResults=100)
    return visit.page("assessments.html", runs=found)


def evidence(visit: Visit) -> Answer:
    """One record, as it was written."""
    told = visit.calls.ask("garrison", "GetEvidence", evidenceId=visit.path.split("/")[2])
    text = json.dumps(told["record"], indent=2, ensure_ascii=False, sort_keys=True)
    return visit.page("evidence.html", told=told, record=told["record"], text=text)


def start(visit: Visit) -> Answer:
    """Assess now."""
    visit.calls.ask("garrison", "StartAssessment")
    return answer.redirect("/")
