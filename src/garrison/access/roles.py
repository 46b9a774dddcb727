"""Roles that services make in accounts: the service that owns roles registers here how they are made."""

from __future__ import annotations

from typing import Protocol

from garrison.store import Transaction


class RoleMaker(Protocol):
    """Makes roles in any account, inside the caller's transaction."""

    def role(
        self, tx: Transaction, partition: str, account: str, name: str, trust: str, policy_arn: str, *, now: float
    ) -> None:
        """Make a role with a trust policy and one managed policy. One of that name that is there already stays."""
        ...

    def service_linked_role(self, tx: Transaction, partition: str, account: str, service: str, *, now: float) -> None:
        """Make the service-linked role of a service principal (`organizations.amazonaws.com`) if it is not there."""
        ...


_maker: RoleMaker | None = None


def provide_roles(maker: RoleMaker) -> None:
    """Register the one maker (IAM)."""
    global _maker
    _maker = maker


def _registered() -> RoleMaker:
    if _maker is None:
        raise RuntimeError("nobody makes roles: import garrison.services.iam first")
    return _maker


def make_role(
    tx: Transaction, partition: str, account: str, name: str, trust: str, policy_arn: str, *, now: float
) -> None:
    """Make a role in an account; see `RoleMaker.role`."""
    _registered().role(tx, partition, account, name, trust, policy_arn, now=now)


def make_service_linked_role(tx: Transaction, partition: str, account: str, service: str, *, now: float) -> None:
    """Make a service-linked role in an account; see `RoleMaker.service_linked_role`."""
    _registered().service_linked_role(tx, partition, account, service, now=now)
