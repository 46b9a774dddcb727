"""The learning path: labs in throw-away accounts, verified against the live system.

labs()                                  # all of them, in their order
room = Room(data, ask, url, region)     # of a running Garrison
attempt, new = room.start(lab(3), "ana")
room.check(lab(3), "ana")               # which steps are done, and what the others lack
progress(data, labs())                  # how far everybody is, out of files alone
"""

from __future__ import annotations

import importlib
import pkgutil

from garrison.labs.attempt import Attempt, BadLearner, learner_name
from garrison.labs.lab import LABS, Lab, Step, Term, Unmet, filled, unfilled
from garrison.labs.progress import Progress, StepProgress, progress
from garrison.labs.room import Checked, LabError, Room, Verdict

__all__ = [
    "Attempt", "BadLearner", "Checked", "Lab", "LabError", "Progress", "Room", "Step", "StepProgress", "Term", "Unmet",
    "Verdict", "filled", "lab", "labs", "learner_name", "progress", "unfilled",
]  # fmt: skip


def labs() -> tuple[Lab, ...]:
    """Every lab, in the order they are learned."""
    from garrison.labs import catalogue

    for module in pkgutil.iter_modules(catalogue.__path__, catalogue.__name__ + "."):
        importlib.import_module(module.name)
    return tuple(LABS[number] for number in sorted(LABS))


def lab(which: int | str) -> Lab:
    """The lab with that number, id or name. Raises `LabError`."""
    for one in labs():
        if str(which) in (str(one.number), f"{one.number:02}", one.id, one.name):
            return one
    raise LabError(f"There is no lab {which}. garrison lab list tells them.")
