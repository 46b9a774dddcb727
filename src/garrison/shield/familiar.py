"""Sources that were known before an attack and behave as they did: what rules against it are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from garrison.shield.attributes import PLACE
from garrison.shield.mix import loudness
from garrison.shield.signatures import SOURCES
from garrison.shield.slices import Sample


class Familiar:
    """`refresh` with what is normal; `now` tells of a window's requests."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str]] = {}

    def refresh(self, normal: Sequence[Sample]) -> None:
        """Take another look at who is known."""
        self._known = {name: frozenset([sample.values[PLACE[name]] for sample in normal]) - {""} for name in SOURCES}

    def knows(self, source: str) -> bool:
        """Whether an address asked in calm times."""
        return source in self._known.get("source", ())

    def now(
        self, window: Sequence[tuple[Sample, float]], busiest: Mapping[str, float], seconds: float
    ) -> Callable[[Sample], bool]:
        """Whether a request of the window is of a known source that asks no more than such sources do."""
        known, loud = self._known, {}
        for name in SOURCES:
            place = PLACE[name]
            counts: dict[str, float] = {}
            for sample, weight in window:
                value = sample.values[place]
                counts[value] = counts.get(value, 0.0) + weight
            line = loudness(busiest.get(name, 0.0), seconds)
            loud[name] = {value for value, count in counts.items() if count > line}

        def familiar(sample: Sample) -> bool:
            name = "forwarded" if sample.values[PLACE["forwarded"]] else "source"
            value = sample.values[PLACE[name]]
            return value in known.get(name, ()) and value not in loud[name]

        return familiar
