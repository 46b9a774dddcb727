"""The learning path, with how far everybody is."""

from __future__ import annotations

from garrison.centre.calls import attempt
from garrison.centre.visit import Visit
from garrison.signin.answer import Answer


def every(visit: Visit) -> Answer:
    """Every lab. While somebody is at one, the page loads itself anew."""
    labs = visit.calls.ask("garrison", "ListLabs")["labs"]
    progress = attempt(lambda: visit.calls.ask("garrison", "ListLabProgress")["progress"])
    several = progress.value or []
    learners = sorted({one["learner"] for one in several})
    at = {(one["learner"], one["labId"]): one for one in several}
    return visit.page("labs.html", labs=labs, progress=progress, learners=learners, at=at,
                      live=any(one["running"] and one["state"] == "started" for one in several))  # fmt: skip
