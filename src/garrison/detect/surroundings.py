"""What detectors are handed beside events, put together: `context.Context` for files and for a running Garrison."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from garrison.detect.context import Intel, Match, Memory, Place


class NoIntel:
    """`context.Intel` without any list."""

    def address(self, address: str) -> list[Match]:
        """None."""
        return []

    def name(self, name: str) -> list[Match]:
        """None."""
        return []

    def has(self, category: str) -> bool:
        """Never."""
        return False


class Fleeting:
    """`context.Memory` for as long as it lives."""

    def __init__(self) -> None:
        self._born: dict[str, float] = {}
        self._seen: dict[tuple[str, str], set[str]] = {}

    def first(self, scope: str, kind: str, value: str, time: float) -> bool:
        """Whether it is new."""
        self._born.setdefault(scope, time)
        seen = self._seen.setdefault((scope, kind), set())
        before = len(seen)
        seen.add(value)
        return len(seen) > before

    def known(self, scope: str, kind: str, value: str, time: float) -> bool:
        """Whether it is not new; nothing is learned."""
        return value in self._seen.get((scope, kind), ())

    def learn(self, scope: str, kind: str, value: str, time: float) -> None:
        """It is known from now on."""
        self.first(scope, kind, value, time)

    def quarantine(self, scope: str, kind: str, value: str, time: float) -> None:
        """It is not learned."""

    def volume(self, scope: str, kind: str, time: float, amount: float) -> float:
        """Not known."""
        return math.nan

    def age(self, scope: str, time: float) -> float:
        """Seconds since the scope was first seen."""
        return time - self._born.get(scope, time)

    def count(self, scope: str, kind: str) -> int:
        """Different values."""
        return len(self._seen.get((scope, kind), ()))


def _nowhere(address: str) -> Place:
    return Place()


def _unknown(kind: str, id: str) -> Mapping[str, Any]:
    return {}


class Surroundings:
    """`context.Context`."""

    def __init__(
        self,
        memory: Memory,
        *,
        intel: Intel | None = None,
        settings: Mapping[str, float] | None = None,
        place: Callable[[str], Place] = _nowhere,
        accounts: frozenset[str] = frozenset(),
        known: Callable[[str, str], Mapping[str, Any]] = _unknown,
    ) -> None:
        """`accounts`: those of the user; without any, every account that events are delivered to is."""
        self.memory: Memory = memory
        self.intel: Intel = intel or NoIntel()
        self.settings: Mapping[str, float] = settings or {}
        self._place = place
        self._accounts = accounts
        self._watched: set[str] = set()
        self._known = known

    def place(self, address: str) -> Place:
        """Where an address is."""
        return self._place(address)

    def watch(self, account: str) -> None:
        """Events were delivered to an account: it is watched."""
        self._watched.add(account)

    def own_account(self, account: str) -> bool:
        """Whether an account is the user's."""
        return account in self._accounts or account in self._watched

    def known(self, kind: str, id: str) -> Mapping[str, Any]:
        """What is known of a resource."""
        return self._known(kind, id)
