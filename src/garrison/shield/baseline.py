"""How many requests a second are normal for a resource, by hour of the week and of late.

In the logarithm, so that nights and days, small and large resources are told apart by factors. An hour of the week is
the median of its ten-second means, blended into the same hour of the weeks before (EWMA), with the median absolute
deviation beside it; what was of late is the trimmed mean of the last ten minutes. Where the hour of the week is known,
what was of late counts only within a factor of two of it: traffic may grow from week to week, but nobody moves the
baseline far in an afternoon.
"""

from __future__ import annotations

import math
import statistics

import msgspec

HOURS = 168
BLEND = 0.3
"""Weight of the week just gone."""
STRETCH = 10
"""Seconds of one mean."""
_LATE = 60
"""Stretches that count as of late."""
_FULL = 60
"""Stretches that an hour needs to count."""
_DRIFT = 2.0
SCATTER = 1.4826
"""From MAD to the standard deviation of a normal distribution."""


class Hour(msgspec.Struct):
    """One hour of the week. Logarithms of requests per second, plus one."""

    centre: float
    mad: float
    weeks: int = 1


class Rates(msgspec.Struct):
    """What is remembered of rates. Only calm seconds are told to it."""

    hours: dict[int, Hour] = {}
    late: list[float] = []
    hour: int | None = None
    means: list[float] = []
    """Logarithms, of the hour that is running."""
    sum: float = 0.0
    seconds: int = 0
    seen: int = 0
    """Calm seconds in all."""

    def add(self, second: int, rate: float) -> None:
        """A calm second."""
        hour = second // 3600 % HOURS
        if hour != self.hour:
            self._close()
            self.hour = hour
        self.seen += 1
        self.sum += rate
        self.seconds += 1
        if self.seconds == STRETCH:
            mean = math.log1p(self.sum / STRETCH)
            self.means.append(mean)
            self.late.append(mean)
            del self.late[:-_LATE]
            self.sum, self.seconds = 0.0, 0

    def _close(self) -> None:
        if self.hour is not None and len(self.means) >= _FULL:
            centre = statistics.median(self.means)
            mad = statistics.median([abs(mean - centre) for mean in self.means])
            known = self.hours.get(self.hour)
            if known is None:
                self.hours[self.hour] = Hour(centre, mad)
            else:
                known.centre += BLEND * (centre - known.centre)
                known.mad += BLEND * (mad - known.mad)
                known.weeks += 1
        self.means = []

    def expected(self, second: int) -> tuple[float, float]:
        """(requests per second, scatter of its logarithm) that are normal now."""
        late = sorted(self.late)
        cut = len(late) // 10
        middle = late[cut : len(late) - cut] or late
        recent = statistics.fmean(middle) if middle else 0.0
        spread = SCATTER * statistics.median([abs(one - recent) for one in middle]) if middle else 0.0
        known = self.hours.get(second // 3600 % HOURS)
        if known is None:
            return math.expm1(recent), spread
        drift = math.log(_DRIFT)
        centre = min(max(recent, known.centre - drift), known.centre + drift) if late else known.centre
        return math.expm1(centre), SCATTER * known.mad
