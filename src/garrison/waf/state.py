"""What an inspection knows beyond the request: counters, token keys, where addresses are. Behind interfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from garrison.waf.request import Location


class RateCounters(Protocol):
    """Requests per key in buckets of ten seconds."""

    def add(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """Count one request; answer how many there were within the last `window` seconds, this one included."""

    def total(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """The same without counting."""

    def limited(self, instance: bytes, now: float, limit: int, window: int) -> list[tuple[bytes, int]]:
        """Keys over the limit with their rates, highest first; at most 10,000."""


class Once(Protocol):
    """Remembers what may be used once."""

    def first(self, mark: bytes, until: float, now: float) -> bool:
        """Whether this mark was never seen; it is forgotten after `until`."""


def nowhere(address: str) -> Location:
    """Without a database of addresses nothing is known of any."""
    return Location()


Locate = Callable[[str], Location]
