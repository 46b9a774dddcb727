"""Counting more things than there is memory for."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class SpaceSaving(Generic[K]):
    """The heaviest keys of a stream, of which it keeps `size`.

    A count is never too low, and too high by at most the weight of the stream divided by `size`. Source: Metwally,
    Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams" (2005). The lightest are
    dropped half at a time, so that a key costs constant time on average.
    """

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._counts: dict[K, float] = {}
        self._floor = 0.0
        self.total = 0.0

    def add(self, key: K, weight: float = 1.0) -> None:
        """Count a key."""
        self.total += weight
        counts = self._counts
        known = counts.get(key)
        if known is not None:
            counts[key] = known + weight
            return
        if len(counts) >= 2 * self._size:
            self._shrink()
        counts[key] = self._floor + weight

    def _shrink(self) -> None:
        ordered = sorted(self._counts.items(), key=lambda item: item[1], reverse=True)
        self._floor = max(self._floor, ordered[self._size][1])
        self._counts = dict(ordered[: self._size])

    def __len__(self) -> int:
        return len(self._counts)

    def get(self, key: K) -> float:
        """At most how much a key weighs; 0 for one that is not kept."""
        return self._counts.get(key, 0.0)

    def sure(self, least: float) -> list[tuple[K, float]]:
        """Keys that certainly weigh as much, and what they certainly weigh."""
        return [(key, count - self._floor) for key, count in self._counts.items() if count - self._floor >= least]

    def top(self, count: int) -> list[tuple[K, float]]:
        """The heaviest keys."""
        return sorted(self._counts.items(), key=lambda item: item[1], reverse=True)[:count]


_BITS = 11
_REGISTERS = 1 << _BITS


class Distinct:
    """About how many different texts there were (HyperLogLog, 2,048 registers: within 2.3 % as a rule)."""

    def __init__(self) -> None:
        self._registers = bytearray(_REGISTERS)

    def add(self, text: str) -> None:
        """See a text."""
        number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
        place, rest = number & (_REGISTERS - 1), number >> _BITS
        rank = 64 - _BITS - rest.bit_length() + 1
        if rank > self._registers[place]:
            self._registers[place] = rank

    def count(self) -> int:
        """How many."""
        alpha = 0.7213 / (1 + 1.079 / _REGISTERS)
        raw = alpha * _REGISTERS**2 / sum(2.0**-register for register in self._registers)
        empty = self._registers.count(0)
        if raw <= 2.5 * _REGISTERS and empty:
            return round(_REGISTERS * math.log(_REGISTERS / empty))
        return round(raw)
