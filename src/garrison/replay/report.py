"""What a replay found."""

from __future__ import annotations

import msgspec


class By(msgspec.Struct, frozen=True):
    """The statement that decides."""

    policy: str
    arn: str | None
    attached_to: str | None
    statement: int
    sid: str | None
    line: int


class Flip(msgspec.Struct):
    """Calls that end otherwise, of one principal, for one action, by one statement."""

    principal: str
    action: str
    was: str
    """`allowed` or `denied`."""
    becomes: str
    certain: bool
    code: str
    """The reason code afterwards."""
    by: By | None
    """None where the absence of a statement decides."""
    keys: tuple[str, ...]
    """Condition keys the answer hangs on and the log does not tell; empty if it is certain."""
    count: int = 0
    samples: list[str] = []
    resources: list[str] = []


class Disagreement(msgspec.Struct):
    """Calls whose recorded outcome the model does not give: nothing is claimed of them."""

    principal: str
    action: str
    recorded: str
    code: str
    """What the model says."""
    count: int = 0
    samples: list[str] = []


class Unknown(msgspec.Struct):
    """Calls that cannot be judged."""

    what: str
    why: str
    count: int = 0
    samples: list[str] = []


class Report(msgspec.Struct):
    """What a replay found."""

    events: int = 0
    skipped: int = 0
    """Not touched by the change: another action, or a principal and resource it does not reach."""
    evaluated: int = 0
    unaffected: int = 0
    """Evaluated, and with the same outcome."""
    failed: int = 0
    """Touched, but failed before authorization."""
    flips: list[Flip] = []
    disagreements: list[Disagreement] = []
    unknown: list[Unknown] = []
