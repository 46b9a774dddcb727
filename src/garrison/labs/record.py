"""What was learned, as evidence: records for the signed chain that assessments are kept in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.labs.progress import Progress

TRAINING = "training"
"""The records' type."""


def training(finished: Iterable[Progress], now: float) -> list[dict[str, Any]]:
    """One record for each lab that somebody finished: no fractions, no secrets."""
    return [
        {
            "type": TRAINING,
            "learner": one.learner,
            "lab": one.lab,
            "title": one.title,
            "started": int(one.started),
            "finished": int(one.finished),
            "checks": one.checks,
            "hints": sum(step.hints for step in one.steps),
            "steps": [step.step for step in one.steps],
            "when": int(now),
        }
        for one in finished
        if one.finished is not None
    ]
