"""What an inspection knows beyond the request: counters, token keys, where addresses are. Behind interfaces."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, Protocol

from garrison.waf.counters import MemoryCounters, MemoryOnce
from garrison.waf.request import Location, Request
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


class Floods(Protocol):
    """What is known of attacks on the resources that are protected."""

    def attacked(self, resource: str) -> bool:
        """Whether the resource of an id (`Resource.id`) is under attack."""

    def suspicion(self, request: Request) -> str | None:
        """How suspicious a request to an attacked resource is: `high`, `medium`, `low`, or None."""


class Calm:
    """Nobody watches for floods."""

    def attacked(self, resource: str) -> bool:
        """No."""
        return False

    def suspicion(self, request: Request) -> str | None:
        """Not at all."""
        return None


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
        floods: Callable[[], Floods] = Calm,
    ) -> None:
        """`timing`: `precise` acts on the request that crosses a rate limit, `aws` on the ten seconds after, as AWS
        does. `secret` keeps what is counted unreadable: keys other than addresses are counted by a keyed digest.
        `floods` is asked for what is known of attacks by now."""
        self.counters: RateCounters = counters or MemoryCounters()
        self.tokens = tokens or TokenKeys(os.urandom(32))
        self.locate = locate
        self.once: Once = once or MemoryOnce()
        self.timing = timing
        self.floods = floods
        self.secret = secret or os.urandom(32)
