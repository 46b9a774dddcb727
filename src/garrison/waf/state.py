"""What an inspection knows beyond the request: counters, token keys, where addresses are. Behind interfaces."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, Protocol

from garrison.waf.counters import MemoryCounters, MemoryOnce
from garrison.waf.request import Location
from garrison.waf.token import TokenKeys


class RateCounters(Protocol):
    """Requests per key in buckets of ten seconds. A rule instance always asks with the same window."""

    def add(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """Count one request; answer how many there were within the last `window` seconds, this one included."""

    def total(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """The same without counting."""

    def limited(self, instance: bytes, now: float, limit: int, window: int) -> list[tuple[bytes, int]]:
        """Keys over the limit with their counts, highest first; at most 10,000."""

    def was_limited(self, instance: bytes, key: bytes, now: float, limit: int, window: int) -> bool:
        """Whether a key was over the limit at the last full ten seconds."""


class Once(Protocol):
    """Remembers what may be used once."""

    def first(self, mark: bytes, until: float, now: float) -> bool:
        """Whether this mark was never seen; it may be forgotten after `until`."""


Locate = Callable[[str], Location]
"""What is known of an address."""


def nowhere(address: str) -> Location:
    """Without a database of addresses nothing is known of any."""
    return Location()


class State:
    """What outlives a web ACL's change and a request. One for all web ACLs of a process."""

    def __init__(
        self,
        *,
        counters: RateCounters | None = None,
        tokens: TokenKeys | None = None,
        locate: Locate = nowhere,
        once: Once | None = None,
        timing: Literal["precise", "aws"] = "precise",
        secret: bytes | None = None,
    ) -> None:
        """`timing`: `precise` acts on the request that crosses a rate limit, `aws` on the ten seconds after, as AWS
        does. `secret` keeps what is counted unreadable: keys other than addresses are counted by a keyed digest."""
        self.counters: RateCounters = counters or MemoryCounters()
        self.tokens = tokens or TokenKeys(os.urandom(32))
        self.locate = locate
        self.once: Once = once or MemoryOnce()
        self.timing = timing
        self.secret = secret or os.urandom(32)
