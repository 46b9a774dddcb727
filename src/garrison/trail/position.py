"""Where a reader of the whole trail stands: in the database's log, and in each segment beside it.

What is behind a position is found in the order in which it became durable, so that nothing is passed over, however long
a call took.
"""

from __future__ import annotations

import sqlite3

import msgspec

from garrison.store import Store, StoredEvent, StoreUnavailable
from garrison.trail.segments import SegmentReader


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Up to and including which events were read."""

    seq: int = 0
    """In the database."""
    segments: dict[str, int] = {}
    """In each segment, by the name of its file."""


def end(store: Store, segments: SegmentReader | None) -> Position:
    """Behind everything there is. Raises `StoreUnavailable`."""
    seq = store.last_event()
    if segments is None:
        return Position(seq)
    try:
        return Position(seq, {path.name: n for path, n in segments.last().items()})
    except (sqlite3.Error, OSError) as e:
        raise _unreadable(e) from e


def after(
    store: Store, segments: SegmentReader | None, at: Position, limit: int, until: Position | None
) -> tuple[list[StoredEvent], Position]:
    """Events behind `at`, oldest first, and the position behind them. Raises `StoreUnavailable`.

    Asked again with that position as `until`, it gives the same events.
    """
    found = store.events_since(at.seq, limit)
    if until is not None:
        found = [event for event in found if event.seq <= until.seq]
    seq = found[-1].seq if found else at.seq
    kept = at.segments
    if segments is not None:
        seen = {segments.directory / name: n for name, n in at.segments.items()}
        last = None if until is None else {segments.directory / name: n for name, n in until.segments.items()}
        try:
            found += segments.since(seen, limit, last)
        except (sqlite3.Error, OSError) as e:
            raise _unreadable(e) from e
        kept = {path.name: n for path, n in seen.items() if path.exists()}
    found.sort(key=lambda event: event.time)
    return found, Position(seq, kept)


def _unreadable(e: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"the trail cannot be read: {e}")
