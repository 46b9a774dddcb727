"""Flows and questions made for tests, and all detectors asked about them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from garrison.detect import detectors
from garrison.detect.baseline.memory import Remembered
from garrison.detect.context import Intel, Memory, Place
from garrison.detect.detection import Detection
from garrison.detect.engine import time_of
from garrison.detect.events import DnsQuery, Event, Flow
from garrison.detect.intel import IndicatorList, Lists
from garrison.detect.lake.columns import KINDS, OF
from garrison.detect.place import nowhere
from garrison.detect.registry import EVENT_DETECTORS, WINDOW_DETECTORS
from garrison.detect.surroundings import Surroundings

T0 = 1_790_000_000.0 - 1_790_000_000.0 % 3600
"""A full hour."""
HERE = "10.0.1.5"
THERE = "198.51.100.7"
_ids = itertools.count()


def flow(
    start: float = 0.0, source: str = HERE, destination: str = THERE, port: int = 443, **other: Any
) -> Flow:  # fmt: skip
    """A request of the instance; `start` in seconds after T0."""
    fields: dict[str, Any] = {
        "id": f"flow-{next(_ids)}", "start": T0 + start, "end": T0 + start + other.pop("lasts", 1.0),
        "account": "111122223333", "region": "eu-west-1", "instance": "i-0aa11", "interface": "eni-1",
        "source": source, "destination": destination, "source_port": 40001, "destination_port": port, "protocol": 6,
        "packets": 10, "octets": 1500, "accepted": True, "outbound": source.startswith("10."),
    }  # fmt: skip
    return Flow(**{**fields, **other})


def dns(name: str, at: float = 0.0, *answers: str, rcode: str = "NOERROR", type: str = "A", **other: Any) -> DnsQuery:
    """A question of the instance."""
    fields: dict[str, Any] = {
        "id": f"dns-{next(_ids)}", "time": T0 + at, "account": "111122223333", "region": "eu-west-1",
        "instance": "i-0aa11", "source": HERE, "name": name, "type": type, "rcode": rcode, "answers": answers,
    }  # fmt: skip
    return DnsQuery(**{**fields, **other})


def listed(category: str, *entries: str) -> Lists:
    """One list of threats with these entries."""
    addresses = tuple(e if "/" in e else e + "/32" for e in entries if e[0].isdigit())
    names = tuple(e for e in entries if not e[0].isdigit())
    one = IndicatorList(
        name="mine", category=category, trusted=False, addresses=addresses, names=names, digest="ab" * 32, time=T0
    )
    return Lists([one])


class SmallTables:
    """`tables.Tables` over events in memory."""

    since = 0.0

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = list(events)
        self.now = max((time_of(e) for e in self._events), default=T0)
        self._engine = ibis.duckdb.connect(threads=1)

    def table(self, name: str) -> ibis.Table:
        kind = KINDS[name]
        rows = [e for e in self._events if OF[type(e)].table == name]
        columns = {
            column: pa.array([make(e) if make else getattr(e, column) for e in rows], type_)
            for column, type_, make in kind.columns
        }
        return ibis.memtable(pa.table(columns))

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._engine.to_pyarrow(expression).to_pylist()
        return rows


def asked(
    events: Sequence[Event],
    intel: Intel | None = None,
    memory: Memory | None = None,
    settings: Mapping[str, float] | None = None,
    known: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    names: Iterable[str] | None = None,
    windows: bool = True,
    place: Callable[[str], Place] = nowhere,
) -> list[Detection]:
    """What all detectors (or those of these names) say of the events: each event alone, then all of them, unless
    without `windows`."""
    detectors.load()
    found: Mapping[tuple[str, str], Mapping[str, Any]] = known or {}
    context = Surroundings(
        memory or Remembered(),
        intel=intel or Lists(),
        settings=settings,
        place=place,
        known=lambda kind, id, before: found.get((kind, id), {}),
    )
    wanted = set(names) if names is not None else None
    said: list[Detection] = []
    for event in sorted(events, key=time_of):
        for detector in EVENT_DETECTORS:
            if detector.reads is type(event) and (wanted is None or detector.name in wanted):
                said.extend(detector.function(event, context))
    kinds = {OF[type(e)].table for e in events}
    tables = SmallTables(events)
    for window in WINDOW_DETECTORS:
        if windows and kinds & set(window.reads) and (wanted is None or window.name in wanted):
            said.extend(window.function(tables, context))
    return said


def types(said: Iterable[Detection]) -> set[str]:
    return {each.type for each in said}
