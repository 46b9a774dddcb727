"""What happens to keys by itself: deletion, rotation, expiry of imported material. Kept in the order of time.

An entry says when to look at a key, not what to do: what is due is told by the key's own row. So an entry that was
overtaken by events (a deletion that was cancelled) does nothing, and none of them has to be found again.
"""

from __future__ import annotations

import logging
import os
import threading
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from garrison.access.runtime import Runtime
from garrison.keys.errors import EngineError, Sealed
from garrison.store import Kind, StoreUnavailable, Transaction, VersionConflict

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
_LEASE = "kms-due"


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


class Sweeper:
    """A thread that does what is due, in one process at a time."""

    def __init__(self, runtime: Runtime, interval: float = INTERVAL) -> None:
        self._runtime = runtime
        self._interval = interval
        self._owner = os.urandom(8).hex()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="garrison-kms", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, after what is under way."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                self._look()
            except (StoreUnavailable, VersionConflict, Sealed) as e:
                _log.warning("what is due was not done: %s", e)
            except Exception:
                _log.exception("what is due was not done")

    def _look(self) -> None:
        runtime = self._runtime
        now = runtime.clock.now()
        with runtime.store.reading() as reader:
            waiting = reader.page(DUE, "", limit=1)
        if not waiting or waiting[0].body.when > now:
            return
        if runtime.store.writing(lambda tx: tx.lease(_LEASE, self._owner, 4 * self._interval, now)):
            run(runtime)
