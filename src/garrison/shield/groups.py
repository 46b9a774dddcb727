"""Resources of one protection group seen as one: their traffic of a second, put together as the group says.

Source: API reference, CreateProtectionGroup, `Aggregation`: the total traffic across the group (SUM), the average
(MEAN), or that of the resource with the most (MAX).
"""

from __future__ import annotations

from collections.abc import Sequence

from garrison.shield.model import Second

AGGREGATIONS = ("SUM", "MEAN", "MAX")


def combined(aggregation: str, members: Sequence[Second]) -> Second:
    """The same second of every member, as one of the group. `members` must not be empty."""
    if aggregation == "MAX":
        return _scaled([max(members, key=lambda one: one.requests)], 1.0)
    return _scaled(members, 1 / len(members) if aggregation == "MEAN" else 1.0)


def _scaled(seconds: Sequence[Second], part: float) -> Second:
    return Second(
        seconds[0].second,
        requests=round(part * sum(one.requests for one in seconds)),
        refused=round(part * sum(one.refused for one in seconds)),
        size=round(part * sum(one.size for one in seconds)),
        samples=[(sample, weight * part) for one in seconds for sample, weight in one.samples],
    )
