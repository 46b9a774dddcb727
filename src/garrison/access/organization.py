"""The organization an account belongs to. Without a provider every account stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from garrison.access.runtime import Runtime
from garrison.policy.request import AttachedPolicy
from garrison.store import Reader

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
