"""What came of a story."""

from __future__ import annotations

from typing import Literal

import msgspec

from garrison.assess.diff import Difference

Outcome = Literal["allowed", "denied", "blocked", "seen", "not seen", "error"]
"""Of something that was tried. `denied`: policies or credentials refuse; `blocked`: a web ACL does; `seen`: something
that must be noticed was."""


class Seen(msgspec.Struct, frozen=True):
    """Something that was tried, and what came of it."""

    what: str
    """A sentence without its full stop."""
    who: str
    how: str
    """The command that does it."""
    outcome: Outcome
    expected: Outcome
    answer: str
    """What was answered, as far as it matters; ids that are drawn at random have names instead."""

    @property
    def held(self) -> bool:
        return self.outcome == self.expected


class CheckSeen(msgspec.Struct, frozen=True):
    """What one check said of one subject."""

    check: str
    title: str
    severity: str
    status: str
    subject: str
    reason: str
    evidence: str
    """The beginning of its record's hash."""


class Side(msgspec.Struct, frozen=True):
    """Before, or after."""

    run: str
    """The run its evidence was recorded as."""
    tries: tuple[Seen, ...]
    checks: tuple[CheckSeen, ...]


class Step(msgspec.Struct, frozen=True):
    """One call that puts things right."""

    what: str
    who: str
    how: str


class Told(msgspec.Struct, frozen=True):
    """A story that was told."""

    story: str
    title: str
    who: str
    challenge: str
    lesson: str
    held: bool
    """Whether everything before and after was as it had to be."""
    problem: str
    """Why it was not; "" where it was."""
    seconds: int
    before: Side | None
    steps: tuple[Step, ...]
    after: Side | None
    changes: tuple[Difference, ...]
    """What the evidence of the two runs says has changed."""
