"""All detectors asked about cases, with what each says is known around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from garrison.detect import detectors
from garrison.detect.baseline.memory import Remembered
from garrison.detect.context import Intel, Memory, Place
from garrison.detect.detection import Detection
from garrison.detect.engine import time_of
from garrison.detect.events import ApiCall, Event
from garrison.detect.intel import IndicatorList, Lists
from garrison.detect.registry import EVENT_DETECTORS, WINDOW_DETECTORS
from tests.detect.case import Case
from tests.detect.network import SmallTables
from tests.detect.renaming import moved

detectors.load()


def _lists(entries: Mapping[str, tuple[str, ...]]) -> Lists:
    """A list of each category."""
    named: dict[str, list[str]] = {}
    for entry, categories in entries.items():
        for category in categories:
            named.setdefault(category, []).append(entry)
    return Lists(_list(category, some) for category, some in named.items())


def _list(category: str, entries: Sequence[str]) -> IndicatorList:
    trusted = category == "trusted"
    addresses = tuple(e if "/" in e else e + "/32" for e in entries if e[0].isdigit())
    names = tuple(e for e in entries if not e[0].isdigit())
    return IndicatorList(
        name=f"list of {category}", category="custom" if trusted else category, trusted=trusted, addresses=addresses,
        names=names, digest="ab" * 32, time=0.0,
    )  # fmt: skip


class Around:
    """`context.Context` of one case."""

    def __init__(self, case: Case, memory: Memory | None = None) -> None:
        self.intel: Intel = _lists(case.intel)
        self.memory: Memory = memory or Remembered()
        self.settings: Mapping[str, float] = {}
        self._case = case

    def place(self, address: str) -> Place:
        country = self._case.countries.get(address, "")
        if not self._case.places:
            return Place(country, country)
        return Place(country or "NL", "Netherlands", self._case.places.get(address, 64500), "A network")

    def own_account(self, account: str) -> bool:
        return account == self._case.events[0].account

    def known(self, kind: str, id: str, before: str = "") -> Mapping[str, Any]:
        return self._case.known.get((kind, id), {})


class Said(Sequence[Detection]):
    """What was said of a case's events; `early`: of what was before them."""

    def __init__(self, case: Case, detections: Sequence[Detection]) -> None:
        begin = min(map(time_of, case.events))
        self.early = [one for one in detections if one.last < begin]
        self._said = [one for one in detections if one.last >= begin]

    def __getitem__(self, index: Any) -> Any:
        return self._said[index]

    def __len__(self) -> int:
        return len(self._said)


def said(cases: Sequence[Case]) -> dict[str, Said]:
    """By name of the case, everything the detectors say of it.

    Every case is in an account of its own: detectors of windows are asked once about the events of all, as they would
    be about the accounts of an organization. Their lists are those of the cases that are about types of theirs.
    """
    memory = Remembered()
    mine = {case.name: moved(case, f"{n:012d}") for n, case in enumerate(cases, 900_000_000_000)}
    found: dict[str, list[Detection]] = {case.events[0].account: [] for case in mine.values()}
    for case in mine.values():
        found[case.events[0].account] += _of_events(
            (*sorted(case.before, key=time_of), *sorted(case.events, key=time_of)), Around(case, memory)
        )
    by_windows = {type for detector in WINDOW_DETECTORS for type in detector.types}
    about = [case for case in mine.values() if by_windows.intersection((*case.fires, *case.near))]
    together = Case(
        name="all", events=tuple(event for case in mine.values() for event in (*case.before, *case.events)),
        intel={entry: categories for case in about if case.for_windows for entry, categories in case.intel.items()},
        known={id: of for case in about for id, of in case.known.items()},
    )  # fmt: skip
    around, tables = Around(together, memory), SmallTables(together.events)
    for detector in WINDOW_DETECTORS:
        for one in detector.function(tables, around):
            found[one.account].append(one)
    return {name: Said(case, found[case.events[0].account]) for name, case in mine.items()}


def _of_events(events: Sequence[Event], around: Any) -> Iterator[Detection]:
    for event in events:
        for detector in EVENT_DETECTORS:
            if isinstance(event, detector.reads):
                name = event.name if isinstance(event, ApiCall) else ""
                if detector.names is None or name in detector.names:
                    yield from detector.function(event, around)
