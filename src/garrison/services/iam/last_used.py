"""When access keys and roles were last used: noted in memory, written a few times a minute at most.

Losing the last seconds of notes in a crash loses nothing that decides, and a write for every read would cost more than
the read. Notes are kept per running Garrison; answers lay the notes not yet written over the stored ones.
"""

from __future__ import annotations

import logging
import threading
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from garrison.access.runtime import Runtime
from garrison.services.iam.resources import ACCESS_KEY, ROLE, AccessKey, LastUsed, Role
from garrison.store import Kind, Resource, Store, Transaction

_log = logging.getLogger(__name__)

INTERVAL = 5.0
"""Seconds a note waits to be written, together with all that follow it.

AWS itself is up to hours behind (IAM user guide, "last accessed information").
"""

_KINDS: dict[str, Kind[Any]] = {ACCESS_KEY.name: ACCESS_KEY, ROLE.name: ROLE}


class _Notes:
    """What one store has not been told yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pending: dict[tuple[str, str], LastUsed] = {}
        self.scheduled = False

    def snapshot(self) -> dict[tuple[str, str], LastUsed]:
        """What to write now. It stays pending until `written`, so that nothing is invisible in between."""
        with self.lock:
            return dict(self.pending)

    def written(self, notes: dict[tuple[str, str], LastUsed]) -> None:
        """Forget what was written, but not what was noted since."""
        with self.lock:
            for key, used in notes.items():
                if self.pending.get(key) is used:
                    del self.pending[key]


_notes: WeakKeyDictionary[Store, _Notes] = WeakKeyDictionary()
_guard = threading.Lock()


def _of(runtime: Runtime) -> _Notes:
    notes = _notes.get(runtime.store)
    if notes is None:
        with _guard:
            notes = _notes.setdefault(runtime.store, _Notes())
    return notes


def note(runtime: Runtime, kind: Kind[AccessKey] | Kind[Role], id: str, used: LastUsed) -> None:
    """Remember one use, and see to it that it is written within `INTERVAL` seconds."""
    notes = _of(runtime)
    with notes.lock:
        notes.pending[kind.name, id] = used
        if notes.scheduled:
            return
        notes.scheduled = True
    timer = threading.Timer(INTERVAL, _flush_in_time, args=(runtime, notes))
    timer.name, timer.daemon = "last-used", True
    timer.start()


def latest(runtime: Runtime, row: Resource[AccessKey] | Resource[Role]) -> LastUsed | None:
    """When a key or role was used last, as far as this process knows."""
    pending = _of(runtime).pending.get((row.kind.name, row.id))
    stored = row.body.last_used
    if pending is None or (stored is not None and stored.date > pending.date):
        return stored
    return pending


def flush(runtime: Runtime) -> int:
    """Write what is pending; how many notes there were. Blocks until written: not for the event loop."""
    notes = _of(runtime)
    taken = notes.snapshot()
    if taken:
        runtime.store.writing(lambda tx: _write(tx, taken))
        notes.written(taken)
    return len(taken)


def _flush_in_time(runtime: Runtime, notes: _Notes) -> None:
    with notes.lock:
        notes.scheduled = False
    try:
        flush(runtime)
    except Exception:
        # What could not be written stays pending, for the next time.
        _log.exception("last-used notes were not written")


def _write(tx: Transaction, taken: dict[tuple[str, str], LastUsed]) -> None:
    for (kind, id), used in taken.items():
        row = tx.by_id(_KINDS[kind], id)
        if row is None or (row.body.last_used is not None and row.body.last_used.date >= used.date):
            continue
        tx.update(row, msgspec.structs.replace(row.body, last_used=used))
