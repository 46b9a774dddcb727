"""What detectors are handed beside events, put together: `context.Context` for files and for a running Garrison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from garrison.detect.context import Intel, Memory, Place
from garrison.detect.intel import built_in
from garrison.detect.place import nowhere

Known = Callable[[str, str, str], Mapping[str, Any]]
"""Kind, id, and "" or the id of the event before which it is meant: `Context.known`."""


def _unknown(kind: str, id: str, before: str) -> Mapping[str, Any]:
    return {}


class Surroundings:
    """`context.Context`."""

    def __init__(
        self,
        memory: Memory,
        *,
        intel: Intel | None = None,
        settings: Mapping[str, float] | None = None,
        place: Callable[[str], Place] = nowhere,
        accounts: frozenset[str] = frozenset(),
        known: Known = _unknown,
    ) -> None:
        """Without `intel`: the names and addresses that are there for tests. `accounts`: those of the user; without
        any, every account that events are delivered to is."""
        self.memory: Memory = memory
        self.intel: Intel = intel or built_in()
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

    def known(self, kind: str, id: str, before: str = "") -> Mapping[str, Any]:
        """What is known of a resource."""
        return self._known(kind, id, before)
