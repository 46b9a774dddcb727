"""All detectors asked about a case, with what it says is known around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from garrison.detect import detectors
from garrison.detect.baseline.memory import Remembered
from garrison.detect.context import Intel, Match, Memory, Place
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall, DatabaseLogin, DnsQuery, Event, Flow, KubernetesCall, WebRequest
from garrison.detect.registry import EVENT_DETECTORS, WINDOW_DETECTORS
from tests.detect.case import Case

detectors.load()

TABLES: Mapping[str, type[Any]] = {
    "api": ApiCall, "flow": Flow, "dns": DnsQuery, "kubernetes": KubernetesCall, "login": DatabaseLogin,
    "web": WebRequest,
}  # fmt: skip


class _Intel:
    def __init__(self, lists: Mapping[str, tuple[str, ...]]) -> None:
        self._lists = lists

    def address(self, address: str) -> list[Match]:
        return [Match(f"list of {category}", category, address) for category in self._lists.get(address, ())]

    def name(self, name: str) -> list[Match]:
        return self.address(name)

    def has(self, category: str) -> bool:
        return any(category in categories for categories in self._lists.values())


class Around:
    """`context.Context` of one case."""

    def __init__(self, case: Case) -> None:
        self.intel: Intel = _Intel(case.intel)
        self.memory: Memory = Remembered()
        self.settings: Mapping[str, float] = {}
        self._case = case

    def place(self, address: str) -> Place:
        if not self._case.places:
            return Place()
        return Place("NL", "Netherlands", self._case.places.get(address, 64500), "A network")

    def own_account(self, account: str) -> bool:
        return account == self._case.events[0].account

    def known(self, kind: str, id: str) -> Mapping[str, Any]:
        return self._case.known.get((kind, id), {})


class Small:
    """`tables.Tables` over a case's events."""

    since = 0.0

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self.now = max(getattr(event, "time", getattr(event, "end", 0.0)) for event in events) + 1
        self._engine = ibis.duckdb.connect(threads=1)

    def table(self, name: str) -> ibis.Table:
        kind = TABLES[name]
        columns = [f for f in kind.__struct_fields__ if f not in ("params", "response", "record")]
        rows = [{f: getattr(event, f) for f in columns} for event in self._events if isinstance(event, kind)]
        return ibis.memtable(pa.table({f: [row[f] for row in rows] for f in columns}))

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._engine.to_pyarrow(expression).to_pylist()
        return rows


def found(case: Case) -> list[Detection]:
    """Everything the detectors say of a case."""
    around = Around(case)
    return [*_of_events(case.events, around), *_of_windows(case.events, around)]


def _of_events(events: Sequence[Event], around: Any) -> Iterator[Detection]:
    for event in events:
        for detector in EVENT_DETECTORS:
            if isinstance(event, detector.reads):
                name = event.name if isinstance(event, ApiCall) else ""
                if detector.names is None or name in detector.names:
                    yield from detector.function(event, around)


def _of_windows(events: Sequence[Event], around: Any) -> Iterator[Detection]:
    kinds = {type(event) for event in events}
    for detector in WINDOW_DETECTORS:
        if any(TABLES[name] in kinds for name in detector.reads):
            yield from detector.function(Small(events), around)
