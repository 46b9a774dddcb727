"""How far learners are, as pages and reports show it: no keys, no secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from garrison.labs.attempt import Attempt, Attempts
from garrison.labs.lab import Lab

State = Literal["started", "finished", "stopped"]


class StepProgress(msgspec.Struct, frozen=True):
    """One step of a lab somebody is at."""

    step: str
    title: str
    done: bool
    """By the last check."""
    first_done: float | None
    """When a check first saw it done, in seconds since the epoch, as all times here."""
    message: str
    """What was missing; empty if it is done, or was never checked."""
    hints: int
    """How many were asked for."""


class Progress(msgspec.Struct, frozen=True):
    """One learner at one lab."""

    learner: str
    number: int
    lab: str
    """`03-break-the-escalation-path`"""
    title: str
    state: State
    """`finished` once a check saw all steps done, whether or not its accounts are there still."""
    running: bool
    """Whether it has its accounts."""
    accounts: dict[str, str]
    started: float
    checked: float | None
    finished: float | None
    checks: int
    steps: tuple[StepProgress, ...]

    @property
    def done(self) -> int:
        """Steps that the last check saw done."""
        return sum(step.done for step in self.steps)


def progress(data: Path, labs: Sequence[Lab], learner: str | None = None) -> tuple[Progress, ...]:
    """Everybody's, or one learner's, by learner and lab. Reads files of the data directory alone."""
    by_name = {lab.name: lab for lab in labs}
    return tuple(_progress(data, by_name, learner))


def _progress(data: Path, labs: dict[str, Lab], learner: str | None) -> Iterator[Progress]:
    for attempt in Attempts(data).all():
        lab = labs.get(attempt.lab)
        if lab is not None and learner in (None, attempt.learner):
            yield _of(lab, attempt)


def _of(lab: Lab, attempt: Attempt) -> Progress:
    said = {one.step: one for one in attempt.said}
    steps = tuple(
        StepProgress(
            step=step.id,
            title=step.title,
            done=step.id in said and said[step.id].done,
            first_done=attempt.passed.get(step.id),
            message=said[step.id].message if step.id in said else "",
            hints=attempt.hints.get(step.id, 0),
        )
        for step in lab.steps
    )
    state: State = "finished" if attempt.finished is not None else "started" if attempt.running else "stopped"
    return Progress(
        learner=attempt.learner,
        number=lab.number,
        lab=lab.name,
        title=lab.title,
        state=state,
        running=attempt.running,
        accounts=dict(attempt.accounts) if attempt.running else {},
        started=attempt.started,
        checked=attempt.checked,
        finished=attempt.finished,
        checks=attempt.checks,
        steps=steps,
    )
