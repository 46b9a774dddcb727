"""What happens to keys by itself: deletion, rotation, expiry of imported material. Kept in the order of time.

An entry says when to look at a key, not what to do: what is due is told by the key's own row. So an entry that was
overtaken by events (a deletion that was cancelled) does nothing, and none of them has to be found again.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from garrison.access.runtime import Runtime
from garrison.keys.errors import EngineError, Sealed
from garrison.services.upkeep import Upkeep
from garrison.store import Kind, Transaction

if TYPE_CHECKING:
    from garrison.services.kms.resources import Key
    from garrison.store import Resource

_log = logging.getLogger("garrison.kms")

DELETE = "delete"
EXPIRE = "expire"
ROTATE = "rotate"

INTERVAL = 15.0
"""Seconds between looks. States go by the time itself, so that this only delays the clearing away."""
_AT_ONCE = 50


class Due(msgspec.Struct, frozen=True):
    """Look at this key."""

    what: str
    key: str
    """Its row id."""
    when: float


DUE = Kind("kms.due", Due)


def at(tx: Transaction, when: float, what: str, key: str) -> None:
    """Look at a key once that time has come."""
    name = f"{int(when * 1000):016d}/{what}/{key}"
    if tx.get(DUE, "", name) is None:
        tx.insert(DUE, "", name, Due(what, key, when), id=name, created=when)


def run(runtime: Runtime) -> int:
    """Do everything that is due; how much it was. Blocks: not for the event loop."""
    done = 0
    while True:
        now = runtime.clock.now()
        with runtime.store.reading() as reader:
            waiting = reader.page(DUE, "", limit=_AT_ONCE)
        ready = [row for row in waiting if row.body.when <= now]
        for entry in ready:
            try:
                runtime.store.writing(partial(_one, runtime, entry, now))
            except Sealed:
                raise
            except EngineError as e:
                # Nothing of it was done, and it is not tried again and again.
                _log.error("%s of key %s was not done: %s", entry.body.what, entry.body.key, e)
                runtime.store.writing(partial(_drop, entry))
            done += 1
        if len(ready) < _AT_ONCE:
            return done


def _one(runtime: Runtime, entry: Resource[Due], now: float, tx: Transaction) -> None:
    from garrison.services.kms import deletion, imported_material, rotation
    from garrison.services.kms.rows import checked

    again = tx.get(DUE, "", entry.name)
    if again is None:
        return
    tx.delete(again)
    row: Resource[Key] | None = deletion.find(tx, entry.body.key)
    if row is None:
        return
    checked(runtime, row)
    if entry.body.what == DELETE:
        deletion.carry_out(runtime, tx, row, now)
    elif entry.body.what == EXPIRE:
        imported_material.expire(runtime, tx, row, now)
    else:
        rotation.rotate_if_due(runtime, tx, row, now)


def _drop(entry: Resource[Due], tx: Transaction) -> None:
    again = tx.get(DUE, "", entry.name)
    if again is not None:
        tx.delete(again)


class Sweeper(Upkeep):
    """Does what is due with keys."""

    name = "kms"

    def __init__(self, runtime: Runtime, interval: float = INTERVAL) -> None:
        super().__init__(runtime, interval)

    def look(self) -> None:
        runtime = self.runtime
        with runtime.store.reading() as reader:
            waiting = reader.page(DUE, "", limit=1)
        if not waiting or waiting[0].body.when > runtime.clock.now():
            return
        if self.may(4 * self.interval):
            run(runtime)
