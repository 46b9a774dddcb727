"""The one interface of the three ways to facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


class Source(msgspec.Struct, frozen=True):
    """Where facts come from."""

    kind: str
    """`garrison`, `endpoint` or `files`."""
    name: str
    """Its address, or the names of the files."""


class CollectError(Exception):
    """Nothing can be had from there at all. The text says why and what to do."""


class Unanswered(CollectError):
    """Nobody answers there."""


class Collector(Protocol):
    """A way to the facts of accounts."""

    source: Source

    def accounts(self) -> Sequence[str]:
        """Ids of the accounts it can tell of, or was told to. Raises `CollectError`."""
        ...

    def snapshot(self, account: str) -> Snapshot:
        """One account. Nothing is read yet; what cannot be read is said when it is asked for."""
        ...

    def probe(self, account: str) -> Probe | None:
        """A way to try something in the account; None where nothing can be tried (files)."""
        ...


class Snapshots:
    """The snapshots of one collection, which know their organization through each other."""

    def __init__(self, make: Callable[[str, Callable[[], Snapshot | None]], Snapshot]) -> None:
        self._make = make
        self._made: dict[str, Snapshot] = {}
        self._managers: dict[str, str] = {}

    def of(self, account: str) -> Snapshot:
        """The snapshot of an account, always the same one."""
        found = self._made.get(account)
        if found is None:
            found = self._made[account] = self._make(account, lambda: self._manager(account))
        return found

    def manages(self, management: str, members: Sequence[str]) -> None:
        """Say whose organization accounts are in."""
        self._managers |= dict.fromkeys(members, management)

    def _manager(self, account: str) -> Snapshot | None:
        manager = self._managers.get(account)
        return None if manager is None else self.of(manager)
