"""What the sensor reads: each source from where it was read to, some of it at a time."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from garrison.detect.events import Event
from garrison.detect.formats import cloudtrail_record, web
from garrison.detect.formats.form import Bad, Origin
from garrison.store import Store
from garrison.trail.segments import SegmentReader

log = logging.getLogger("garrison.sensor")

_AT_ONCE = 2_000
_LONGEST = 1 << 20


class Source(Protocol):
    """A stream of events."""

    name: str

    def read(self) -> list[Event]:
        """Some of what is new; [] when nothing is."""
        ...

    def at(self) -> str:
        """Up to where it was read: what the source is made with to go on there."""
        ...


class _TrailAt(msgspec.Struct):
    seq: int = 0
    segments: dict[str, int] = {}


class TrailSource:
    """The trail: changes from the database, reads from the segments beside it."""

    name = "trail"

    def __init__(self, store: Store, data_dir: Path, at: str) -> None:
        self._store = store
        self._at = msgspec.json.decode(at, type=_TrailAt) if at else _TrailAt()
        self._segments = SegmentReader(data_dir / "trail") if store.local else None
        self._directory = data_dir / "trail"

    def read(self) -> list[Event]:
        """Events as they became durable."""
        stored = self._store.events_since(self._at.seq, _AT_ONCE)
        if stored:
            self._at.seq = stored[-1].seq
        elif self._at.seq and self._store.last_event() < self._at.seq:
            self._at.seq = 0  # the database was emptied
        if self._segments is not None:
            seen = {self._directory / name: seq for name, seq in self._at.segments.items()}
            with contextlib.suppress(sqlite3.Error, OSError):
                stored += self._segments.since(seen, _AT_ONCE)
                self._at.segments = {path.name: seq for path, seq in seen.items() if path.exists()}
        found: list[Event] = []
        for one in stored:
            try:
                found.append(cloudtrail_record.event(msgspec.json.decode(one.body)))
            except (KeyError, TypeError, AttributeError, ValueError) as e:
                log.error("the event %s of the trail cannot be read: %s", one.id, e)
        return found

    def at(self) -> str:
        return msgspec.json.encode(self._at).decode()


class _Position(msgspec.Struct):
    inode: int
    offset: int


class LinesSource:
    """Files of JSON lines that grow, and may be renamed to `NAME.1` when they are long."""

    def __init__(self, name: str, files: Callable[[], list[Path]], at: str) -> None:
        self.name = name
        self._files = files
        self._at = msgspec.json.decode(at, type=dict[str, _Position]) if at else {}

    def read(self) -> list[Event]:
        """Events of whole lines."""
        found: list[Event] = []
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                self._read(path, found)
        return found

    def _read(self, path: Path, found: list[Event]) -> None:
        inode = path.stat().st_ino
        position = self._at.get(str(path))
        if position is not None and position.inode != inode:
            old = path.with_name(path.name + ".1")
            if old.exists() and old.stat().st_ino == position.inode and self._lines(old, position, found):
                return  # the new one when the old one is read
            position = None
        if position is None:
            position = self._at[str(path)] = _Position(inode, 0)
        self._lines(path, position, found)

    def _lines(self, path: Path, position: _Position, found: list[Event]) -> int:
        if path.stat().st_size <= position.offset:
            return 0
        read = 0
        with path.open("rb") as file:
            file.seek(position.offset)
            while read < _AT_ONCE:
                line = file.readline(_LONGEST)
                if not line.endswith(b"\n") and len(line) < _LONGEST:
                    break  # the rest of it is still to come
                position.offset += len(line)
                read += 1
                one = web.request(line, Origin(path.name))
                if not isinstance(one, Bad):
                    found.append(one)
        return read

    def at(self) -> str:
        return msgspec.json.encode(self._at).decode()
