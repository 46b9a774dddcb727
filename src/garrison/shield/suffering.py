"""Whether an application does worse than it did: failures, time, and targets that fail their health checks."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from garrison.shield.slices import Answers

_FAILING, _SLOW = 0.2, 0.25
"""Share of failures, and seconds, below which an application does well."""
_TIMES = 4.0
_FEWEST = 10
"""Calm seconds without which nothing is known of how it used to be."""


def suffering(now: Sequence[Answers], usual: Sequence[Answers]) -> dict[str, float]:
    """What is worse, and how bad it is: {} where the application does well, or nobody tells."""
    if len(usual) < _FEWEST or not now:
        return {}
    found = {}
    unhealthy = now[-1].unhealthy
    if unhealthy > statistics.fmean(one.unhealthy for one in usual):
        found["unhealthy targets"] = unhealthy
    told = [one for one in now if one.answered]
    before = [one for one in usual if one.answered]
    if not told or not before:
        return found
    failed = sum(one.failed for one in told) / sum(one.answered for one in told)
    if failed > max(_FAILING, _TIMES * statistics.fmean(one.failed / one.answered for one in before)):
        found["errors of the application"] = failed
    slow = statistics.median([one.slow for one in told])
    if slow > max(_SLOW, _TIMES * statistics.median([one.slow for one in before])):
        found["time the application takes"] = slow
    return found
