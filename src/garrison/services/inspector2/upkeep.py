"""What Inspector does by itself: inventories matched anew when the database changed, and whatever is due.

An inventory is matched anew when the database it was last matched with is not the one there is now, which each resource
says of itself: an update while nobody looked, or a process killed half way through, is caught up with.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial

from garrison.access.runtime import Runtime
from garrison.access.vulnerabilities import database
from garrison.scan.vulndb import DatabaseError
from garrison.services.inspector2 import due, inventories, packing, settling
from garrison.services.inspector2.due import DUE, Due
from garrison.services.inspector2.matching import Matched, edition, matched
from garrison.services.inspector2.resources import PLACE, RESOURCE, SCANNED_BY, Covered
from garrison.services.inspector2.state import account
from garrison.services.upkeep import Upkeep
from garrison.store import Reader, Resource, Transaction, VersionConflict

_log = logging.getLogger("garrison.inspector")

INTERVAL = 1.0
"""Seconds between looks."""
_AT_ONCE = 50
_THOROUGH = 60
"""Every how many looks all resources are asked, though the database has not changed."""


def rematch(runtime: Runtime) -> int:
    """Match every inventory anew that was last matched with another database; how many there were. Blocks."""
    try:
        current = edition(database(runtime).status())
    except DatabaseError:
        return 0
    done = 0
    with runtime.store.reading() as reader:
        stale = [row for row in _resources(reader) if row.body.database != current and _looked_at(reader, row)]
    for row in stale:
        with runtime.store.reading() as reader:
            stored = inventories.inventory(reader, row)
        if stored is None:
            continue
        found = matched(runtime, packing.unpack(stored.body.packages))
        if found.database is None:
            return done
        try:
            runtime.store.writing(partial(_rematched, row.id, stored.version, found, runtime.clock.now()))
        except VersionConflict:
            continue  # told anew meanwhile; what is still to do is found at the next look
        done += 1
    if done:
        _log.info("%d inventories matched anew", done)
    return done


def _looked_at(reader: Reader, row: Resource[Covered]) -> bool:
    return (
        row.body.inventoried is not None
        and row.body.terminated is None
        and SCANNED_BY[row.body.type] in account(reader, row.account, row.region).enabled
    )


def _resources(reader: Reader) -> Iterator[Resource[Covered]]:
    for place in reader.page(PLACE, ""):
        yield from reader.page(RESOURCE, place.body.account, region=place.body.region)


def _rematched(id: str, version: int, found: Matched, now: float, tx: Transaction) -> None:
    row = tx.by_id(RESOURCE, id)
    if row is None or not _looked_at(tx, row):
        return
    stored = inventories.inventory(tx, row)
    if stored is not None and stored.version == version:
        inventories.settled(tx, row, row.body, found, now=now)


def run(runtime: Runtime) -> int:
    """Do everything that is due; how much it was. Blocks."""
    done = 0
    while True:
        now = runtime.clock.now()
        with runtime.store.reading() as reader:
            waiting = reader.page(DUE, "", limit=_AT_ONCE)
        ready = [row for row in waiting if row.body.when <= now]
        for entry in ready:
            if entry.body.what in due.SLOW:
                due.SLOW[entry.body.what](runtime, entry.body.id, now)
            runtime.store.writing(partial(_one, runtime, entry, now))
            done += 1
        if len(ready) < _AT_ONCE:
            return done


def _one(runtime: Runtime, entry: Resource[Due], now: float, tx: Transaction) -> None:
    again = tx.get(DUE, "", entry.name)
    if again is None:
        return
    tx.delete(again)
    handler = due.HANDLERS.get(entry.body.what)
    if handler is not None:
        handler(runtime, tx, entry.body.id, now)


def _purge(runtime: Runtime, tx: Transaction, id: str, now: float) -> None:
    row = tx.by_id(RESOURCE, id)
    if row is not None:
        settling.purge(tx, row, now)


def _drop(runtime: Runtime, tx: Transaction, id: str, now: float) -> None:
    row = tx.by_id(RESOURCE, id)
    if row is not None and row.body.terminated is not None and row.body.terminated + settling.GONE <= now:
        inventories.drop(tx, row)


due.HANDLERS[due.PURGE] = _purge
due.HANDLERS[due.DROP] = _drop


class InspectorUpkeep(Upkeep):
    """Does both."""

    name = "inspector"

    def __init__(self, runtime: Runtime, interval: float = INTERVAL) -> None:
        self._current = ""
        """The database that everything was found matched with."""
        self._looks = 0
        super().__init__(runtime, interval)

    def look(self) -> None:
        runtime = self.runtime
        now = runtime.clock.now()
        with runtime.store.reading() as reader:
            if not reader.page(PLACE, "", limit=1):
                return
            waiting = reader.page(DUE, "", limit=1)
        ready = bool(waiting) and waiting[0].body.when <= now
        if not ready and not self._changed():
            return
        if self.may(60.0):
            run(runtime)
            rematch(runtime)

    def _changed(self) -> bool:
        """Whether anything was matched with another database than there is, as far as this process knows."""
        try:
            current = edition(database(self.runtime).status())
        except DatabaseError:
            return False
        self._looks += 1
        if current == self._current and self._looks % _THOROUGH:
            return False
        with self.runtime.store.reading() as reader:
            stale = any(row.body.database != current and _looked_at(reader, row) for row in _resources(reader))
        self._current = "" if stale else current
        return stale
