"""The organization an account belongs to. Without a provider every account stands alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from garrison.access.runtime import Runtime
from garrison.policy.request import AttachedPolicy
from garrison.store import Reader, Transaction

EPOCH = "organization"
"""Epoch domain, under the empty account: bumped by whatever moves accounts, units, or their policies."""


Levels = Sequence[Sequence[AttachedPolicy]]
"""Policies by level, from the organization root to the account."""


class Membership(msgspec.Struct, frozen=True, eq=False):
    """An account's place in its organization."""

    id: str
    """`o-...`"""
    path: str
    """`o-x/r-y/ou-a/`, with the trailing slash."""
    management: bool = False
    """The management account: no SCP or RCP limits its principals or resources."""
    scps: Levels | None = None
    """One entry per level from the root to the account; None where SCPs are not enabled."""
    rcps: Levels | None = None
    root_features: tuple[str, ...] = ()
    """Centralized root access, as far as the organization has it: `RootCredentialsManagement`, `RootSessions`."""
    administers: tuple[str, ...] = ()
    """Service principals the account is a delegated administrator of."""
    all_features: bool = False
    """Whether the organization has all features, not consolidated billing alone."""
    trusted: tuple[str, ...] = ()
    """Service principals that have trusted access."""


class OrganizationProvider(Protocol):
    """Organizations, read from the store."""

    def __call__(self, runtime: Runtime, reader: Reader, account: str) -> Membership | None: ...


_provider: OrganizationProvider | None = None


def provide_organization(provider: OrganizationProvider | None) -> None:
    """Register the one provider (None: take it away again, for tests)."""
    global _provider
    _provider = provider


def provided() -> bool:
    """Whether there can be organizations at all (else nobody need read their epoch)."""
    return _provider is not None


def membership(runtime: Runtime, reader: Reader, account: str) -> Membership | None:
    """The account's place, or None if it belongs to no organization."""
    return None if _provider is None else _provider(runtime, reader, account)


class Delegation(Protocol):
    """Organizations' side of services that one account administers for all others."""

    def accounts(self, reader: Reader, account: str) -> Sequence[str]:
        """Every active account of the organization `account` belongs to; empty: it belongs to none."""
        ...

    def management(self, reader: Reader, account: str) -> str | None:
        """The management account of that organization."""
        ...

    def administrators(self, reader: Reader, account: str, service: str) -> Sequence[str]:
        """The accounts that administer a service principal for that organization."""
        ...

    def delegate(self, tx: Transaction, account: str, service: str, *, now: float) -> None:
        """Trusted access for the service, and `account` its administrator."""
        ...

    def withdraw(self, tx: Transaction, account: str, service: str) -> None:
        """`account` administers the service no longer."""
        ...


Joined = Callable[[Transaction, str, float], None]
"""`joined(tx, account, now)`: an account became a member of its organization."""
Left = Callable[[Transaction, str, float], None]
"""`left(tx, account, now)`: an account is about to leave its organization."""

_delegation: Delegation | None = None
_joined: list[Joined] = []
_left: list[Left] = []


def provide_delegation(provider: Delegation | None) -> None:
    """Register Organizations."""
    global _delegation
    _delegation = provider


def delegation() -> Delegation | None:
    """Organizations, if it is there."""
    return _delegation


def administrators(reader: Reader, account: str, service: str) -> Sequence[str]:
    """The accounts that administer a service for the account's organization; empty: none, or no organization."""
    return () if _delegation is None else _delegation.administrators(reader, account, service)


def on_join(told: Joined) -> None:
    """Be told of accounts that join, in the transaction in which they do."""
    if told not in _joined:
        _joined.append(told)


def on_leave(told: Left) -> None:
    """Be told of accounts that leave, in the transaction in which they do."""
    if told not in _left:
        _left.append(told)


def joined(tx: Transaction, account: str, now: float) -> None:
    """Said by Organizations."""
    for told in _joined:
        told(tx, account, now)


def left(tx: Transaction, account: str, now: float) -> None:
    """Said by Organizations."""
    for told in _left:
        told(tx, account, now)
