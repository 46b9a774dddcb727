"""How regular connections are: programs that report to somebody do it by the clock, and say the same each time."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from typing import NamedTuple

LEAST = 24
"""Connections, below which regularity is chance."""
_BINS = 24


class Beacon(NamedTuple):
    """How much a series of connections looks like a beacon."""

    score: float
    """0 to 1; above 0.8 it is one."""
    interval: float
    """Seconds between two, in the median."""
    connections: int


def beacon(starts: Sequence[float], octets: Sequence[float]) -> Beacon:
    """The mean of four: how even and how alike the intervals are, how alike the sizes, how steadily it goes on.

    Evenness is 1 less Bowley's skewness of the quartiles, likeness 1 less the median deviation by the median.
    """
    order = sorted(starts)
    gaps = [b - a for a, b in itertools.pairwise(order)]
    if len(gaps) < LEAST - 1:
        return Beacon(0.0, 0.0, len(order))
    interval = statistics.median(gaps)
    parts = (_even(gaps), _alike(gaps), _alike(octets), _steady(order))
    return Beacon(sum(parts) / len(parts), interval, len(order))


def _even(values: Sequence[float]) -> float:
    low, middle, high = statistics.quantiles(values, n=4)
    return 1.0 if high == low else 1 - abs(low + high - 2 * middle) / (high - low)


def _alike(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    deviation = statistics.median(abs(v - middle) for v in values)
    return max(0.0, 1 - deviation / middle) if middle > 0 else float(deviation == 0)


def _steady(order: Sequence[float]) -> float:
    """Of equal parts of the time between the first and the last, how many have one, in the share of the fullest."""
    span = order[-1] - order[0]
    if span <= 0:
        return 0.0
    counts = [0] * _BINS
    for each in order:
        counts[min(_BINS - 1, int((each - order[0]) / span * _BINS))] += 1
    return sum(1 for c in counts if c) / _BINS
