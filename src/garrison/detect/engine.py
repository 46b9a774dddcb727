"""Detectors asked: of each event as it arrives, and of what arrived lately every few seconds.

What is told here twice is one: an occurrence that says what it said before is left out. A detector that fails is
logged and counted, and the others go on.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any, Protocol

import msgspec

from garrison.detect import detectors
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall, Event
from garrison.detect.registry import EVENT_DETECTORS, WINDOW_DETECTORS, EventDetector, WindowDetector
from garrison.detect.surroundings import Surroundings
from garrison.detect.tables import Tables

log = logging.getLogger("garrison.detect")

_encode = msgspec.json.Encoder().encode
_SAID = 1_000_000


class Spanned(Protocol):
    """Tables that can be of any time."""

    def between(self, first: float, now: float) -> Tables: ...


def occurrence_of(detection: Detection) -> bytes:
    """What is the same for all that is said of one occurrence."""
    named = (detection.account, detection.region, detection.type, detection.rule, detection.key, detection.occurrence)
    return blake2b(_encode(named), digest_size=16).digest()


def finding_of(detection: Detection) -> bytes:
    """What is the same for all occurrences of one finding."""
    named = (detection.account, detection.region, detection.type, detection.rule, detection.key)
    return blake2b(_encode(named), digest_size=16).digest()


class Engine:
    """All detectors of the registry, or some of them, in one process."""

    def __init__(
        self,
        context: Surroundings,
        tell: Callable[[Detection], None],
        *,
        events: Iterable[EventDetector] | None = None,
        windows: Iterable[WindowDetector] | None = None,
    ) -> None:
        """`tell` is handed what is detected. Without `events` and `windows`: every detector there is."""
        detectors.load()
        self.context = context
        self._tell = tell
        self._events = tuple(EVENT_DETECTORS if events is None else events)
        self._windows = tuple(WINDOW_DETECTORS if windows is None else windows)
        self._asked: dict[tuple[type[Any], str], tuple[EventDetector, ...]] = {}
        self._said: dict[bytes, bytes] = {}
        self.failures: Counter[str] = Counter()
        """By detector: how often it failed."""

    def look(self, events: Sequence[Event]) -> None:
        """Ask the detectors of single events, in the order of the events' times."""
        for event in sorted(events, key=time_of):
            self.context.watch(event.account)
            for detector in self._detectors(type(event), event.name if type(event) is ApiCall else ""):
                try:
                    for detection in detector.function(event, self.context):
                        self._tell(detection)
                except Exception:
                    self._failed(detector.name)

    def _detectors(self, kind: type[Any], name: str) -> tuple[EventDetector, ...]:
        found = self._asked.get((kind, name))
        if found is None:
            found = tuple(d for d in self._events if d.reads is kind and (d.names is None or name in d.names))
            if len(self._asked) < 100_000:  # names come from records, and those from anywhere
                self._asked[kind, name] = found
        return found

    def windows(self, tables: Spanned, first: float, now: float, fresh: frozenset[str] | None = None) -> None:
        """Ask the detectors of windows about the time from `first` to `now`, and the window before it.

        `fresh`: tables in which something is new; detectors that read none of them are not asked.
        """
        for detector in self._windows:
            if fresh is not None and fresh.isdisjoint(detector.reads):
                continue
            try:
                for detection in detector.function(tables.between(first - detector.window, now), self.context):
                    self._once(detection)
            except Exception:
                self._failed(detector.name)

    def _once(self, detection: Detection) -> None:
        occurrence = occurrence_of(detection)
        said = blake2b(_encode(detection), digest_size=16).digest()
        if self._said.get(occurrence) == said:
            return
        if len(self._said) >= _SAID:
            self._said.clear()
        self._said[occurrence] = said
        self._tell(detection)

    def _failed(self, name: str) -> None:
        if not self.failures[name]:
            log.exception("the detector %s failed; it goes on with the next", name)
        self.failures[name] += 1


def time_of(event: Event) -> float:
    """When it was."""
    return event.start if hasattr(event, "start") else event.time
