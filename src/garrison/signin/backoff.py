"""How often somebody may fail: attempts are counted by account and user, and by source, in the store.

Every attempt is charged before anything is verified, so that a thousand at once are a thousand; a right one is paid
back. From a number of failures on, each doubles the time in which nothing is let in, right or wrong. Names nobody has
are charged like others. AWS does something of the kind and does not say what; the numbers are ours.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from garrison.store import Kind, Resource, Transaction

_SHELF = ""
"""Rows belong to no account: attempts may name accounts that do not exist."""
MOST_ROWS = 20_000
"""Beyond so many, those that would be forgotten next are."""
LONGEST = 900.0
"""Seconds."""
_FIRST = 15.0


class Attempts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Failures in a row; row id is a hash of whose."""

    count: int
    until: float = 0.0
    """Nothing is let in before."""


ATTEMPTS = Kind("signin.attempts", Attempts)


class Key(NamedTuple):
    """Somebody attempts are counted for."""

    id: str
    free: int
    """Failures that cost nothing."""
    memory: float
    """Seconds without an attempt after which all is forgotten."""


def by_name(account: str, name: str) -> Key:
    """A user of an account (as typed, regardless of case), or a root user."""
    return Key(hashlib.sha256(f"name\0{account}\0{name.lower()}".encode()).hexdigest(), 5, 3600.0)


def by_source(source: str) -> Key:
    """An address; several people may be behind one."""
    return Key(hashlib.sha256(f"source\0{source}".encode()).hexdigest(), 20, 1800.0)


def charge(tx: Transaction, keys: tuple[Key, ...], now: float) -> bool:
    """Count one attempt, and say whether it may be looked at. One that may not does not count."""
    rows = [_row(tx, key, now) for key in keys]
    if any(row is not None and now < row.body.until for row in rows):
        return False
    for key, row in zip(keys, rows, strict=True):
        _write(tx, key, row, 1 + (0 if row is None else row.body.count), now)
    _tidy(tx, now)
    return True


def pay_back(tx: Transaction, keys: tuple[Key, ...], now: float) -> None:
    """The attempt was right."""
    for key in keys:
        row = _row(tx, key, now)
        if row is not None and row.body.count > 1:
            _write(tx, key, row, row.body.count - 1, now, free=True)
        elif row is not None:
            tx.delete(row)


def forget(tx: Transaction, key: Key, now: float) -> None:
    """Somebody is in: earlier failures are forgiven."""
    row = _row(tx, key, now)
    if row is not None:
        tx.delete(row)


def _row(tx: Transaction, key: Key, now: float) -> Resource[Attempts] | None:
    row = tx.by_id(ATTEMPTS, key.id)
    if row is not None and int(row.name[:12]) < now:
        tx.delete(row)
        return None
    return row


def _write(
    tx: Transaction, key: Key, row: Resource[Attempts] | None, count: int, now: float, *, free: bool = False
) -> None:
    over = count - key.free
    until = 0.0 if free or over < 0 else now + min(LONGEST, _FIRST * 2 ** min(over, 10))
    name = f"{int(max(now + key.memory, until)):012d}:{key.id}"
    if row is None:
        tx.insert(ATTEMPTS, _SHELF, name, Attempts(count, until), id=key.id, created=now)
    else:
        tx.update(row, Attempts(count, until), name=name, updated=now)


def _tidy(tx: Transaction, now: float) -> None:
    crowded = tx.count(ATTEMPTS, _SHELF) > MOST_ROWS
    for row in tx.page(ATTEMPTS, _SHELF, limit=20):
        if crowded or int(row.name[:12]) < now:
            tx.delete(row)
