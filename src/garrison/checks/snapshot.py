"""One account as it was when it was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from garrison.checks.api import NotRead, Refused
from garrison.replay.exports import ExportError, world_of
from garrison.replay.world import World, WorldError

PROBES = "/garrison-probe/"
"""Path of the throw-away users and roles of behavioural checks."""


class Snapshot:
    """Facts of one account, each read once, when a check first asks for it."""

    def __init__(
        self,
        account: str,
        read: Callable[[str], Any],
        *,
        now: float,
        partition: str = "aws",
        regions: Sequence[str] = ("us-east-1",),
        management: Callable[[], Snapshot | None] = lambda: None,
    ) -> None:
        self.account = account
        self.partition = partition
        self.regions = tuple(regions)
        """Regions that are looked at."""
        self.now = now
        self._read = read
        self._management = management
        self.facts: dict[str, Any] = {}
        """What was read, by name."""
        self.unread: dict[str, NotRead] = {}

    @property
    def root(self) -> str:
        """ARN of the account's root user, which stands for the account."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    def fact(self, name: str) -> Any:
        """A fact by its name. Raises `NotRead`, each time."""
        if name in self.facts:
            return self.facts[name]
        if name in self.unread:
            raise self.unread[name]
        try:
            value = self.facts[name] = self._read(name)
        except NotRead as e:
            self.unread[name] = e
            raise
        except Refused as e:
            self.unread[name] = missing = NotRead(name, str(e))
            raise missing from e
        return value

    def known(self, name: str) -> Any | None:
        """A fact, or None if it cannot be read: for what only sharpens an answer."""
        try:
            return self.fact(name)
        except NotRead:
            return None

    # The organization

    @cached_property
    def organization(self) -> Mapping[str, Any] | None:
        """The organization as an export has it, or None if the account is in none. Raises `NotRead`.

        A member cannot read its organization's policies; they come from the management account, if that is looked at
        too.
        """
        manager = self._management()
        if manager is not None and manager is not self:
            return manager.organization
        found: Mapping[str, Any] | None = self.fact("organization")
        return found

    @property
    def management(self) -> str | None:
        """Id of the organization's management account, as far as is known."""
        about = self.known("organization-membership") or {}
        return about.get("MasterAccountId") or None

    def inside(self, account: str) -> bool:
        """Whether an account is this one, or known to be one of its organization."""
        if account == self.account:
            return True
        try:
            found = self.organization
        except NotRead:
            return False
        return found is not None and any(member["Id"] == account for member in found["Accounts"])

    # Who there is

    @cached_property
    def details(self) -> dict[str, list[dict[str, Any]]]:
        """`UserDetailList`, `GroupDetailList`, `RoleDetailList`, `Policies`, without behavioural checks' own."""
        found = self.fact("authorization-details")
        return {k: [d for d in v if not str(d.get("Path", "/")).startswith(PROBES)] for k, v in found.items()}

    @cached_property
    def world(self) -> World:
        """The account's users, groups, roles and policies under its organization's, for the policy engine.

        Where the organization cannot be read, nothing of it is in the way. Raises `NotRead`.
        """
        parts: list[tuple[str, Any]] = [(f"account {self.account}", self.details)]
        try:
            if self.organization is not None:
                parts.append(("its organization", self.organization))
        except NotRead:
            pass
        try:
            return world_of(parts)
        except (ExportError, WorldError) as e:
            raise NotRead("authorization-details", str(e)) from e

    @cached_property
    def memory(self) -> dict[str, Any]:
        """What several checks work out of the same facts, kept by name (`garrison.checks.reasoning`)."""
        return {}
