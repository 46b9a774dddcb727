"""Whether traffic is made up as it used to be.

Attributes are compared by the Jensen-Shannon distance (0: alike, 1: nothing in common) of what is normal and what was
in the last seconds, less the distance that two samples of these sizes have by chance. Who asks is no attribute to
compare - a crowd comes from everywhere - but how much each of them asks is: `loud` is the share of requests whose
source asks far more often than any did in calm times.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

from garrison.shield.attributes import PLACE
from garrison.shield.slices import Sample

COMPARED = ("asn", "country", "ja4", "user_agent", "method", "host", "uri", "query", "argument", "headers", "order")
BEHAVIOURS = {"source": "source behaviour", "forwarded": "forwarded behaviour"}
_KINDS = 64
"""Values of an attribute that are told apart; the others count as one."""
_FEWEST = 5
"""Sources below which their behaviour says nothing: a proxy's is that of everybody behind it."""
LEAST = 0.35
"""A distance that is never remarkable."""


def loudness(busiest: float, seconds: float) -> float:
    """Requests within so many seconds that are more than any normal source makes."""
    return max(2 * busiest * seconds, 5.0)


Shares = Mapping[str, float]


def shares(counts: Mapping[str, float]) -> dict[str, float]:
    """Counts as parts of one: the largest `_KINDS`, and the rest as `*`."""
    total = sum(counts.values())
    if not total:
        return {}
    top = sorted(counts.items(), key=lambda item: item[1], reverse=True)[:_KINDS]
    found = {value: count / total for value, count in top}
    rest = 1.0 - sum(found.values())
    if rest > 1e-9:
        found["*"] = rest
    return found


def distance(normal: Shares, normal_size: int, now: Mapping[str, float], size: int) -> float:
    """Jensen-Shannon distance of counts `now` from shares that are normal, beyond what chance makes of it."""
    total = sum(now.values())
    if not normal or not total:
        return 0.0
    seen: dict[str, float] = {}
    for value, count in now.items():
        kind = value if value in normal else "*"
        seen[kind] = seen.get(kind, 0.0) + count / total
    divergence = 0.0
    for kind in normal.keys() | seen.keys():
        p, q = normal.get(kind, 0.0), seen.get(kind, 0.0)
        middle = (p + q) / 2
        if p:
            divergence += p * math.log2(p / middle) / 2
        if q:
            divergence += q * math.log2(q / middle) / 2
    kinds = len(normal.keys() | seen.keys())
    chance = (kinds - 1) / (8 * math.log(2)) * (1 / max(1, size) + 1 / max(1, normal_size))
    return math.sqrt(max(0.0, divergence - chance))


def loud(weighted: Iterable[tuple[Sample, float]], dimension: str, line: float) -> tuple[float, int]:
    """(share of requests whose source made more than `line` of them, sources)."""
    place = PLACE[dimension]
    by_source: dict[str, float] = {}
    for sample, weight in weighted:
        if source := sample.values[place]:
            by_source[source] = by_source.get(source, 0.0) + weight
    total = sum(by_source.values())
    return (sum(count for count in by_source.values() if count > line) / total if total else 0.0), len(by_source)


class Mix:
    """What is normal, and how far from it is remarkable. `learn` calm windows; ask `distances` of others."""

    def __init__(self) -> None:
        self._shares: dict[str, dict[str, float]] = {}
        self._size = 0
        self._busiest: dict[str, deque[float]] = {name: deque(maxlen=120) for name in BEHAVIOURS}
        self._distances: dict[str, deque[float]] = {}

    def refresh(self, normal: Sequence[Sample]) -> None:
        """Take another look at what is normal."""
        self._size = len(normal)
        for name in COMPARED:
            place = PLACE[name]
            counts = Counter([sample.values[place] for sample in normal])
            found = shares(counts)
            # As many values were never seen as were seen once (Good and Turing).
            unseen = sum(1 for count in counts.values() if count == 1) / max(1, len(normal))
            found = {value: share * (1 - unseen) for value, share in found.items()}
            found["*"] = found.get("*", 0.0) + unseen
            self._shares[name] = found

    def learn(self, weighted: Sequence[tuple[Sample, float]], seconds: int) -> None:
        """A calm window: how far such windows are from what is normal."""
        for name, found in self.distances(weighted, seconds).items():
            self._distances.setdefault(name, deque(maxlen=120)).append(found)

    def count_sources(self, weighted: Sequence[tuple[Sample, float]], seconds: int) -> None:
        """A calm window: how often its busiest source asked, if there were enough of them to say."""
        for name, busiest in self._busiest.items():
            place = PLACE[name]
            counts: dict[str, float] = {}
            for sample, weight in weighted:
                if value := sample.values[place]:
                    counts[value] = counts.get(value, 0.0) + weight
            if len(counts) >= _FEWEST or not counts:
                busiest.append(max(counts.values(), default=0.0) / seconds)

    @property
    def busiest(self) -> dict[str, float]:
        """Requests per second of the busiest source in calm times; nothing where that is not known."""
        return {name: max(rates) for name, rates in self._busiest.items() if rates}

    def remember(self, busiest: Mapping[str, float]) -> None:
        """What was known before a restart."""
        for name, rate in busiest.items():
            self._busiest[name].append(rate)

    def distances(self, weighted: Sequence[tuple[Sample, float]], seconds: int) -> dict[str, float]:
        """How far a window is from what is normal, by attribute."""
        found: dict[str, float] = {}
        size = len(weighted)
        for name, normal in self._shares.items():
            place = PLACE[name]
            counts: dict[str, float] = {}
            for sample, weight in weighted:
                value = sample.values[place]
                counts[value] = counts.get(value, 0.0) + weight
            found[name] = distance(normal, self._size, counts, size)
        for dimension, rate in self.busiest.items():
            share, sources = loud(weighted, dimension, loudness(rate, seconds))
            if sources:
                found[BEHAVIOURS[dimension]] = share
        return found

    def threshold(self, name: str) -> float:
        """How far is remarkable: six deviations beyond what calm windows had."""
        before = self._distances.get(name)
        if not before:
            return LEAST
        centre = statistics.median(before)
        return max(LEAST, centre + 6 * 1.4826 * statistics.median([abs(one - centre) for one in before]))
