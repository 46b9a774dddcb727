"""What Inspector does by itself, in the order of time. An entry says when to look at something, not what to do."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from garrison.access.runtime import Runtime
from garrison.store import Kind, Transaction

PURGE = "purge"
"""Findings of a resource: those whose time is over are deleted."""
DROP = "drop"
"""A resource that is gone: nothing of it is kept."""
CIS = "cis"
"""A CIS scan configuration: a scan may have to start."""
REPORT = "report"
"""A report that was asked for."""
CIS_SCAN = "cis-scan"
"""A CIS scan: its results may be forgotten."""
SESSION = "session"
"""A CIS scan on one resource: it may have been silent for too long."""


class Due(msgspec.Struct, frozen=True):
    """Look at this."""

    what: str
    id: str
    """Its row id."""
    when: float


DUE = Kind("inspector2.due", Due)


def at(tx: Transaction, when: float, what: str, id: str) -> None:
    """Look at something once that time has come."""
    name = f"{int(when * 1000):016d}/{what}/{id}"
    if tx.get(DUE, "", name) is None:
        tx.insert(DUE, "", name, Due(what, id, when), id=name, created=when)


Carried = Callable[[Runtime, Transaction, str, float], None]
HANDLERS: dict[str, Carried] = {}
"""What to do about each kind of thing that is due: `handler(runtime, tx, row id, now)`."""

SLOW: dict[str, Callable[[Runtime, str, float], None]] = {}
"""Likewise for what takes long and is done outside the transaction, and again if it was broken off."""
