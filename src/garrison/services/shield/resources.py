"""What Shield Advanced stores. The service is global: rows have no region.

- `SUBSCRIPTION`: one per account, name `subscription`; contacts and the response team's access are part of the account
- `PROTECTION`: name is the resource's ARN (one protection per resource), id is its own
- `GROUP`: name is its id as its owner chose it
- `ATTACK`: name and id are its own; written by what watches the traffic
- `OFFENDERS`: one per account, name `sources`; what Shield limits at all times
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.store import Kind

NAME = "subscription"


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody the response team may reach."""

    email: str
    phone: str | None = None
    notes: str | None = None


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True):
    """Shield Advanced in an account, and who answers for it."""

    started: float
    auto_renew: str = "ENABLED"
    engagement: str | None = None
    """Proactive engagement: `ENABLED`, `DISABLED`, `PENDING`; None until its details were first given."""
    contacts: tuple[Contact, ...] = ()
    drt_role: str | None = None
    drt_buckets: tuple[str, ...] = ()


class Protection(msgspec.Struct, frozen=True, omit_defaults=True):
    """A protected resource."""

    label: str
    """The `Name` its owner gave it."""
    tags: dict[str, str] = {}
    health_checks: tuple[str, ...] = ()
    """ARNs."""
    response: str | None = None
    """Automatic application layer response: `Block` or `Count`; None: never enabled."""
    response_enabled: bool = False


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """Protections looked at together."""

    aggregation: str
    pattern: str
    resource_type: str | None = None
    members: tuple[str, ...] = ()
    tags: dict[str, str] = {}


class Attack(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event against a resource, as DescribeAttack tells it."""

    resource: str
    started: float
    ended: float | None = None
    vectors: tuple[str, ...] = ()
    detail: dict[str, Any] = {}
    """`SubResources`, `AttackCounters`, `AttackProperties`, `Mitigations` in the API's shape."""
    explained: dict[str, Any] = {}
    """What only `garrison shield report` shows: the rules made against it and why."""


class Offenders(msgspec.Struct, frozen=True, omit_defaults=True):
    """Addresses known to attack."""

    until: dict[str, float] = {}
    """Address -> time from which on it is forgotten."""


SUBSCRIPTION = Kind("shield.subscription", Subscription)
PROTECTION = Kind("shield.protection", Protection)
GROUP = Kind("shield.group", Group)
ATTACK = Kind("shield.attack", Attack)
OFFENDERS = Kind("shield.offenders", Offenders)
