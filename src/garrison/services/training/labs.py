"""`garrison:ListLabs`, `ListLabProgress`: what there is to learn, and how far who is."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.labs import Lab, Progress, labs, progress, unfilled
from garrison.services.operation import operation
from garrison.store import Reader


@operation("garrison", "ListLabs", access="read")
def list_labs(call: Call, reader: Reader) -> None:
    call.later = lambda: {"labs": [_lab(one) for one in labs()]}


@operation("garrison", "ListLabProgress", access="read")
def list_lab_progress(call: Call, reader: Reader) -> None:
    evidence, everybody = call.runtime.evidence, call.account == call.runtime.first_account

    def read() -> dict[str, Any]:
        found = () if evidence is None else progress(evidence.parent, labs())
        # Learners are the operator's people: other accounts learn of the labs they are part of.
        return {"progress": [_progress(one) for one in found if everybody or call.account in one.accounts.values()]}

    call.later = read


def _lab(lab: Lab) -> dict[str, Any]:
    return {
        "labId": lab.name,
        "number": lab.number,
        "title": lab.title,
        "goal": unfilled(lab.goal),
        "teaches": list(lab.teaches),
        "minutes": lab.minutes,
        "needs": list(lab.needs),
        "steps": [
            {"stepId": s.id, "title": s.title, "task": unfilled(s.task), "term": s.term.name, "termUrl": s.term.url}
            for s in lab.steps
        ],
    }


def _progress(one: Progress) -> dict[str, Any]:
    shown = {
        "learner": one.learner,
        "labId": one.lab,
        "number": one.number,
        "title": one.title,
        "state": one.state,
        "running": one.running,
        "startedAt": one.started,
        "checks": one.checks,
        "done": one.done,
        "steps": [
            {
                "stepId": step.step,
                "title": step.title,
                "done": step.done,
                "message": step.message,
                "hints": step.hints,
                **({} if step.first_done is None else {"firstDoneAt": step.first_done}),
            }
            for step in one.steps
        ],
    }
    moments = {"checkedAt": one.checked, "finishedAt": one.finished}
    return shown | {name: moment for name, moment in moments.items() if moment is not None}
