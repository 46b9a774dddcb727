"""Records of files taken into a lake, with detectors asked on the way, or without."""

from __future__ import annotations

import gc
import heapq
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pyarrow.parquet as pq

from garrison.detect.engine import Engine, time_of
from garrison.detect.events import ApiRow, Event
from garrison.detect.formats.files import LogFile, events, rows
from garrison.detect.formats.form import Bad
from garrison.detect.lake.columns import KINDS, event
from garrison.detect.lake.lake import Lake
from garrison.detect.lake.state import FileState, Part, State

if TYPE_CHECKING:
    from garrison.detect.lake.engines import QueryEngine
    from garrison.detect.lake.query import LakeTables

log = logging.getLogger("garrison.detect")

_CHUNK = 5_000
_BATCH = 64 << 20
"""Bytes taken before they are committed."""
_ROWS = 2_000_000
"""Rows of the tables a window detector is asked over at once."""


class Progress(msgspec.Struct):
    """How far it is."""

    files: int = 0
    """Finished, those that were finished before too."""
    skipped: int = 0
    """Of them, those that were."""
    events: int = 0
    """New in the lake."""
    doubled: int = 0
    bad: int = 0
    first_bad: str = ""
    """Of them, the first: its file and why."""
    bytes: int = 0
    """Of the files that are finished."""


def take_files(
    files: Iterable[LogFile],
    lake: Lake,
    engine: Engine | None = None,
    shown: Callable[[Progress], None] = lambda progress: None,
    also: Callable[[State], None] = lambda state: None,
) -> Progress:
    """Read the files into the lake; each record once, whatever was read of them before.

    `also` is called within each batch's transaction. A file that has changed since it was finished is read on from
    where it ended, if it grew, and from its beginning otherwise.
    """
    with uncollected():
        return _take_files(files, lake, engine, shown, also)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without looking for garbage: events are trees, and going through millions of their leaves takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _take_files(
    files: Iterable[LogFile],
    lake: Lake,
    engine: Engine | None,
    shown: Callable[[Progress], None],
    also: Callable[[State], None],
) -> Progress:
    progress = Progress()
    waiting: dict[str, FileState] = {}

    def commit() -> None:
        def write(state: State) -> None:
            for file in waiting.values():
                state.set_file(file)
            also(state)

        lake.commit(write)
        waiting.clear()
        shown(progress)

    for file in files:
        name = str(file.path.resolve())
        before = lake.state.file(name)
        if before is not None and before.finished and (before.size, before.changed) == (file.size, file.changed):
            progress.skipped += 1
            progress.files += 1
            progress.bytes += file.size
            continue
        skip = before.records if before is not None and before.size <= file.size else 0
        records, wrong = 0, before.bad if before is not None and skip else 0
        chunk: list[Event | ApiRow] = []

        def at(finished: bool, name: str = name, file: LogFile = file) -> None:
            waiting[name] = FileState(name, file.size, file.changed, records, wrong, finished)  # noqa: B023

        for one in events(file) if engine is not None else rows(file):
            records += 1
            if records <= skip:
                continue
            if isinstance(one, Bad):
                wrong += 1
                progress.bad += 1
                progress.first_bad = progress.first_bad or f"{file.path}: {one.reason}"
                lake.put_aside(one, name)
                continue
            chunk.append(one)
            if len(chunk) >= _CHUNK:
                _take(chunk, lake, engine, progress)
                chunk = []
                if lake.waiting >= _BATCH:
                    at(finished=False)
                    commit()
        _take(chunk, lake, engine, progress)
        at(finished=True)
        progress.files += 1
        progress.bytes += file.size
        if lake.waiting >= _BATCH or len(waiting) >= 1000:
            commit()
    commit()
    return progress


def _take(chunk: list[Event | ApiRow], lake: Lake, engine: Engine | None, progress: Progress) -> None:
    if not chunk:
        return
    fresh = lake.take(chunk)
    progress.events += len(fresh)
    progress.doubled += len(chunk) - len(fresh)
    if engine is not None:
        engine.look([one for one in fresh if not isinstance(one, ApiRow)])


def ask_windows(lake: Lake, engine: Engine, tables: LakeTables, since: float = 0.0, until: float = 1e12) -> None:
    """Ask the detectors of windows about all the lake has of a time, some days at once."""
    days: Counter[str] = Counter()
    ends: dict[str, tuple[float, float]] = {}
    kinds: dict[str, set[str]] = {}
    for part in lake.state.parts(None, since, until):
        days[part.day] += part.rows
        first, last = ends.get(part.day, (part.first, part.last))
        ends[part.day] = (min(first, part.first), max(last, part.last))
        kinds.setdefault(part.day, set()).add(part.kind)
    group: list[str] = []
    for day in [*sorted(days), ""]:
        if group and (not day or sum(days[one] for one in group) + days[day] > _ROWS):
            first = max(ends[group[0]][0], since)
            last = min(max(ends[one][1] for one in group), until)
            engine.windows(tables, first, last, frozenset().union(*(kinds[one] for one in group)))
            group = []
        group.append(day)


def replay(lake: Lake, engine: Engine, since: float = 0.0, until: float = 1e12) -> int:
    """Ask the detectors of single events about all the lake has of a time, in its order; how many events."""
    asked = 0
    parts = lake.state.parts(None, since, until)
    for day in sorted({part.day for part in parts}):
        streams = [lake_events(lake, part) for part in parts if part.day == day]
        merged = heapq.merge(*streams, key=time_of)
        while chunk := list(itertools.islice(merged, _CHUNK)):
            wanted = [one for one in chunk if since <= time_of(one) <= until]
            engine.look(wanted)
            asked += len(wanted)
    return asked


def lake_events(lake: Lake, part: Part) -> Iterator[Event]:
    """A file's events, in the order of their times."""
    with pq.ParquetFile(lake.directory / part.path) as file:
        for batch in file.iter_batches(_CHUNK):
            for row in batch.to_pylist():
                try:
                    yield event(KINDS[part.kind], row)
                except RecursionError:
                    # Read from a deeper place than it was taken from, what could just be read cannot.
                    log.error("the record %s of %s is nested too deep", row["id"], part.path)


def lake_tables(lake: Lake, engine: QueryEngine | None = None) -> LakeTables:
    """The lake's tables, on DuckDB if no other engine is given."""
    from garrison.detect.lake.engines import duckdb
    from garrison.detect.lake.query import LakeTables

    return LakeTables(lake.directory, lake.state, engine or duckdb())
