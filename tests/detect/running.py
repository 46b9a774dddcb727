"""All detectors asked about a case, with what it says is known around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from garrison.detect import detectors
from garrison.detect.baseline.memory import Remembered
from garrison.detect.context import Intel, Match, Memory, Place
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall, Event
from garrison.detect.registry import EVENT_DETECTORS, WINDOW_DETECTORS
from tests.detect.case import Case
from tests.detect.network import SmallTables

detectors.load()


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


def found(case: Case) -> list[Detection]:
    """Everything the detectors say of a case."""
    around = Around(case)
    return [*_of_events(case.events, around), *_of_windows(case, around)]


def _of_events(events: Sequence[Event], around: Any) -> Iterator[Detection]:
    for event in events:
        for detector in EVENT_DETECTORS:
            if isinstance(event, detector.reads):
                name = event.name if isinstance(event, ApiCall) else ""
                if detector.names is None or name in detector.names:
                    yield from detector.function(event, around)


def _of_windows(case: Case, around: Any) -> Iterator[Detection]:
    """Those of the types the case is about: the others would need history to say anything."""
    about = {*case.fires, *case.near}
    for detector in WINDOW_DETECTORS:
        if about.intersection(detector.types):
            yield from detector.function(SmallTables(case.events), around)
