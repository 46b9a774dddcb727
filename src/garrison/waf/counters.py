"""Rate counters in memory."""

from __future__ import annotations

import heapq
from collections import OrderedDict

BUCKET = 10
"""Seconds. AWS looks at rates about as often."""
MOST_KEYS = 200_000
"""Keys counted per rule and bucket; beyond that new keys count together, so that memory has an end."""
MOST_LIMITED = 10_000
"""Keys acted on at most, highest rate first. Source: developer guide, "Rate-based rule caveats"."""
_OTHERS = b""


class _Counted:
    """The keys of one rule instance."""

    __slots__ = ("buckets", "limited", "tick", "totals")

    def __init__(self) -> None:
        self.buckets: OrderedDict[int, dict[bytes, int]] = OrderedDict()
        self.totals: dict[bytes, int] = {}
        self.tick = -1
        self.limited: frozenset[bytes] = frozenset()

    def forget(self, before: int) -> None:
        """Drop buckets up to and including `before`."""
        buckets, totals = self.buckets, self.totals
        while buckets and next(iter(buckets)) <= before:
            _, counts = buckets.popitem(last=False)
            for key, count in counts.items():
                left = totals[key] - count
                if left:
                    totals[key] = left
                else:
                    del totals[key]


class MemoryCounters:
    """`RateCounters` of one process."""

    def __init__(self) -> None:
        self._instances: dict[bytes, _Counted] = {}
        self._swept = 0

    def add(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """Count one request; answer how many there were within the window, this one included."""
        counted = self._instances.get(instance)
        if counted is None:
            counted = self._instances[instance] = _Counted()
        bucket = int(now) // BUCKET
        counts = counted.buckets.get(bucket)
        if counts is None:
            counted.forget(bucket - window // BUCKET)
            counts = counted.buckets[bucket] = {}
            self._sweep(bucket)
        if key not in counts and len(counts) >= MOST_KEYS:
            key = _OTHERS
        counts[key] = counts.get(key, 0) + 1
        total = counted.totals[key] = counted.totals.get(key, 0) + 1
        return total

    def total(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """How many there were within the window."""
        counted = self._instances.get(instance)
        if counted is None:
            return 0
        counted.forget(int(now) // BUCKET - window // BUCKET)
        return counted.totals.get(key, 0)

    def limited(self, instance: bytes, now: float, limit: int, window: int) -> list[tuple[bytes, int]]:
        """Keys over the limit with their counts, highest first."""
        counted = self._instances.get(instance)
        if counted is None:
            return []
        counted.forget(int(now) // BUCKET - window // BUCKET)
        over = [(key, total) for key, total in counted.totals.items() if total > limit and key != _OTHERS]
        return heapq.nlargest(MOST_LIMITED, over, key=lambda pair: pair[1])

    def was_limited(self, instance: bytes, key: bytes, now: float, limit: int, window: int) -> bool:
        """Whether the key was over the limit when rates were last looked at: at the last full ten seconds."""
        counted = self._instances.get(instance)
        if counted is None:
            return False
        tick = int(now) // BUCKET
        if counted.tick != tick:
            counted.limited = frozenset(key for key, _ in self.limited(instance, tick * BUCKET, limit, window))
            counted.tick = tick
        return key in counted.limited

    def _sweep(self, bucket: int) -> None:
        """Forget instances nobody counts in any more: those of rules that have changed."""
        if bucket - self._swept < 60:
            return
        self._swept = bucket
        for instance, counted in list(self._instances.items()):
            if not counted.buckets or next(reversed(counted.buckets)) < bucket - 60:
                del self._instances[instance]


class MemoryOnce:
    """`Once` of one process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def first(self, mark: bytes, until: float, now: float) -> bool:
        """Whether this mark was never seen."""
        while self._seen and (next(iter(self._seen.values())) < now or len(self._seen) > MOST_KEYS):
            self._seen.popitem(last=False)
        if mark in self._seen:
            return False
        self._seen[mark] = until
        return True
