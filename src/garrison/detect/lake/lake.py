"""A lake, open for one writer."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from garrison.detect.events import ApiRow, Event
from garrison.detect.formats.form import Bad
from garrison.detect.lake.columns import KEY, KINDS, OF, arrow
from garrison.detect.lake.known import Known, Place, key_of
from garrison.detect.lake.state import Part, State

_Kept = TypeVar("_Kept", bound=Event | ApiRow)
BAD = "bad.jsonl"
_BAD_LARGEST = 64 << 20
_WRITERS = 4
"""Threads that write files: most of the time they wait for the disk."""
_ROW_GROUP = 50_000
_AT_ONCE = 1 << 30


class LakeInUse(Exception):
    """Another process writes to the lake."""


class Lake:
    """`take` events, then `commit` what was taken with how far the sources were read."""

    def __init__(self, directory: Path) -> None:
        """Opens or makes it. Raises LakeInUse."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory = directory
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise LakeInUse(f"another process writes to {directory}") from None
        self.state = State(directory / "state.sqlite")
        self._known = Known(self._keys)
        self._taken: dict[Place, list[pa.Table]] = {}
        self._bad: list[bytes] = []
        self._writers = ThreadPoolExecutor(_WRITERS, "garrison-lake")
        self.waiting = 0
        """Bytes taken and not committed."""
        self._tidy()

    def close(self) -> None:
        """Leave it to others; what was not committed is gone."""
        self._writers.shutdown()
        self.state.close()
        os.close(self._lock)

    def take(self, events: Sequence[_Kept]) -> list[_Kept]:
        """Those of the events that the lake had not, in their order; they are kept with the next `commit`."""
        places: dict[tuple[Place, type[Any]], list[int]] = {}
        for n, event in enumerate(events):
            of = type(event)
            kind = OF[of]
            place = kind.table, event.account, event.region, _day(getattr(event, kind.time))
            places.setdefault((place, of), []).append(n)
        fresh: list[int] = []
        for (place, of), numbers in places.items():
            keys = np.fromiter((key_of(events[n].id) for n in numbers), np.uint64, len(numbers))
            mask = self._known.fresh(place, keys)
            if not mask.all():
                numbers = [n for n, new in zip(numbers, mask.tolist(), strict=True) if new]
                keys = keys[mask]
            if numbers:
                table = arrow(OF[of], [events[n] for n in numbers], keys)
                self._taken.setdefault(place, []).append(table)
                self.waiting += table.nbytes
                fresh += numbers
        fresh.sort()
        return [events[n] for n in fresh] if len(fresh) < len(events) else list(events)

    def put_aside(self, bad: Bad, source: str) -> None:
        """Keep what could not be read; with the next `commit`."""
        self._bad.append(
            msgspec.json.encode({"source": source, "reason": bad.reason, "raw": bad.raw.decode(errors="replace")})
        )

    def commit(self, also: Callable[[State], None] = lambda state: None) -> None:
        """What was taken becomes part of the lake, in one transaction with what `also` writes."""
        batch = self.state.batch()
        try:
            made = [(place, tables, f"{batch:010d}-0") for place, tables in self._taken.items()]
            parts = list(self._writers.map(lambda one: self._write(*one), made))
            with self.state.writing():
                self.state.add_parts(parts)
                also(self.state)
        except BaseException:
            self._known.forget()
            raise
        finally:
            self._taken.clear()
            self.waiting = 0
        if self._bad:
            path = self.directory / BAD
            if not path.exists() or path.stat().st_size < _BAD_LARGEST:
                with path.open("ab") as file:
                    file.write(b"\n".join([*self._bad, b""]))
            self._bad.clear()

    def read(self, part: Part, columns: list[str] | None = None) -> pa.Table:
        """The rows of a file, or some columns of them."""
        with pq.ParquetFile(self.directory / part.path) as file:
            return file.read(columns)

    def replace(self, place: Place, parts: Sequence[Part], tables: list[pa.Table]) -> None:
        """One file in the place of several of a partition."""
        made = self._write(place, tables, f"{self.state.batch():010d}-c")
        with self.state.writing():
            self.state.drop_parts(part.path for part in parts)
            self.state.add_parts([made])
        self.remove(parts)

    def remove(self, parts: Sequence[Part]) -> None:
        """Remove files the state no longer names."""
        for part in parts:
            path = self.directory / part.path
            path.unlink(missing_ok=True)
            for parent in (path.parent, path.parent.parent, path.parent.parent.parent):
                try:
                    parent.rmdir()
                except OSError:
                    break

    def _write(self, place: Place, tables: list[pa.Table], name: str) -> Part:
        kind, account, region, day = place
        folder = f"{kind}/account={_safe(account)}/region={_safe(region)}/day={day}"
        (self.directory / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        when = KINDS[kind].time
        table = _sorted(pa.concat_tables(tables), when)
        path = f"{folder}/{name}.parquet"
        with open(self.directory / path, "wb") as file:
            pq.write_table(table, file, compression="zstd", row_group_size=_ROW_GROUP)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        times = table.column(when)
        return Part(path, kind, account, region, day, len(table), size, times[0].as_py(), times[-1].as_py())

    def _keys(self, place: Place) -> Any:
        parts = self.state.parts_at(*place)
        if not parts:
            return np.empty(0, np.uint64)
        return np.concatenate([self.read(part, [KEY]).column(KEY).to_numpy() for part in parts])

    def _tidy(self) -> None:
        """Remove what a killed process wrote and did not name."""
        named = {part.path for part in self.state.parts()}
        for kind in KINDS:
            for path in (self.directory / kind).glob("*/*/*/*.parquet"):
                if str(path.relative_to(self.directory)) not in named:
                    path.unlink()

    def empty(self) -> None:
        """Remove everything in it."""
        self.remove(parts := self.state.parts())
        with self.state.writing() as connection:
            self.state.drop_parts(part.path for part in parts)
            for table in ("files", "offsets", "seen", "outbox"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
        self._known.forget()


def _sorted(table: pa.Table, column: str) -> pa.Table:
    if table.nbytes > _AT_ONCE:
        return table.sort_by(column)
    # Several times faster, of one piece: and no column of such a table is too large for one.
    whole = table.combine_chunks()
    return whole.take(pc.sort_indices(whole[column]))


def _day(when: float) -> str:
    days = int(when // 86400)
    found = _DAYS.get(days)
    if found is None:
        if len(_DAYS) > 10_000:
            _DAYS.clear()
        found = _DAYS[days] = time.strftime("%Y-%m-%d", time.gmtime(days * 86400))
    return found


_DAYS: dict[int, str] = {}


def _safe(name: str) -> str:
    """A value as part of a path."""
    return quote(name, safe="")[:100].replace(".", "%2E") or "-"
