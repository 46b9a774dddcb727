"""When keys were last used: noted in memory, written every few seconds, and not protected like what decides.

Losing the last seconds of notes in a crash loses nothing that decides, and a write for every use would cost more than
the use. Source: KMS API reference, `GetKeyLastUsage`.
"""

from __future__ import annotations

import logging
import threading
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.kms.resources import Key
from garrison.store import Kind, Reader, Resource, Store, StoreUnavailable, Transaction
from garrison.trail.event import uuid4

_log = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds a note waits to be written, together with all that follow it."""
_DAY = 86_400


class LastUse(msgspec.Struct, frozen=True):
    """The last successful use of a key."""

    operation: str
    time: float
    event_id: str
    request_id: str


LAST_USE = Kind("kms.last-use", LastUse)
"""Name and id are the key's row id; account and region its own."""


class _Notes:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pending: dict[tuple[str, str, str], LastUse] = {}
        self.scheduled = False


_notes: WeakKeyDictionary[Store, _Notes] = WeakKeyDictionary()
_guard = threading.Lock()


def _of(store: Store) -> _Notes:
    notes = _notes.get(store)
    if notes is None:
        with _guard:
            notes = _notes.setdefault(store, _Notes())
    return notes


def note(call: Call, row: Resource[Key]) -> None:
    """Remember a use, whose event in the trail will be the call's."""
    if call.event_id is None:
        call.event_id = uuid4()
    notes = _of(call.runtime.store)
    notes.pending[row.account, row.region, row.id] = LastUse(call.operation, call.now, call.event_id, call.request_id)
    if not notes.scheduled:
        _schedule(call.runtime, notes)


def _schedule(runtime: Runtime, notes: _Notes) -> None:
    with notes.lock:
        if notes.scheduled:
            return
        notes.scheduled = True
    timer = threading.Timer(INTERVAL, _flush_in_time, args=(runtime, notes))
    timer.name, timer.daemon = "kms-last-use", True
    timer.start()


def last_use(runtime: Runtime, reader: Reader, row: Resource[Key]) -> LastUse | None:
    """The last use of a key, as far as this process knows."""
    pending = _of(runtime.store).pending.get((row.account, row.region, row.id))
    if pending is not None:
        return pending
    stored = reader.get(LAST_USE, row.account, row.id, region=row.region)
    return None if stored is None else stored.body


def trailing_days(call: Call, reader: Reader, row: Resource[Key]) -> int:
    """Whole days since a key was last used, or made."""
    used = last_use(call.runtime, reader, row)
    return max(0, int((call.now - (row.created if used is None else used.time)) // _DAY))


def flush(runtime: Runtime) -> int:
    """Write what is pending; how many notes there were. Blocks until written: not for the event loop."""
    notes = _of(runtime.store)
    taken = dict(notes.pending)
    if taken:
        runtime.store.writing(lambda tx: _write(tx, taken))
        for key, used in taken.items():
            if notes.pending.get(key) is used:
                del notes.pending[key]
    return len(taken)


def _flush_in_time(runtime: Runtime, notes: _Notes) -> None:
    with notes.lock:
        notes.scheduled = False
    try:
        flush(runtime)
    except StoreUnavailable as e:
        _log.warning("notes of last uses were not written: %s", e)
    except Exception:
        # What could not be written stays pending, for the next time.
        _log.exception("notes of last uses were not written")


def _write(tx: Transaction, taken: dict[tuple[str, str, str], LastUse]) -> None:
    for (account, region, id), used in taken.items():
        row = tx.get(LAST_USE, account, id, region=region)
        if row is None:
            tx.insert(LAST_USE, account, id, used, id=id, region=region, created=used.time)
        elif row.body.time < used.time:
            tx.update(row, used, updated=used.time)


def forget(tx: Transaction, row: Resource[Any]) -> None:
    """A key is gone, and with it what is known of its use."""
    used = tx.get(LAST_USE, row.account, row.id, region=row.region)
    if used is not None:
        tx.delete(used)
