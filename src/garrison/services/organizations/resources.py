"""What Organizations stores. Every row's account is the organization's management account.

- `ORGANIZATION`: name `organization`, id `o-...`; its root and what is switched on for it are part of it
- `UNIT`: parent is the root's or another unit's id
- `MEMBER`: name and id are the account's id, parent is where it stands in the tree
- `POLICY`: parent is its type; policies of AWS have no row (see `aws_policies`)
- `HANDSHAKE`, `CREATION`: name and id are their own

Links: `attached_relation(type)`: root, unit or account id -> policy id, in the order of attaching; `INVITED`:
handshake id -> account id or `email:...`.
"""

from __future__ import annotations

import msgspec

from garrison.store import Kind

NAME = "organization"
INVITED = "organizations.invited"

ALL = "ALL"
CONSOLIDATED_BILLING = "CONSOLIDATED_BILLING"

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"


class ResourcePolicy(msgspec.Struct, frozen=True):
    """The organization's own resource policy, by which member accounts are let at policies."""

    id: str
    content: str
    tags: dict[str, str] = {}


class Organization(msgspec.Struct, frozen=True, omit_defaults=True):
    """An organization and its root."""

    root_id: str
    feature_set: str = ALL
    policy_types: tuple[str, ...] = ()
    """Enabled in the root, in the order they were enabled."""
    services: dict[str, float] = {}
    """Trusted access: service principal -> since when."""
    root_tags: dict[str, str] = {}
    resource_policy: ResourcePolicy | None = None
    root_features: tuple[str, ...] = ()
    """Centralized root access: `RootCredentialsManagement`, `RootSessions`."""


class Unit(msgspec.Struct, frozen=True, omit_defaults=True):
    """An organizational unit."""

    tags: dict[str, str] = {}


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account in an organization."""

    organization: str
    """`o-...`"""
    method: str
    """`INVITED` or `CREATED`."""
    joined: float
    closing: float | None = None
    """When its closure was asked for."""
    tags: dict[str, str] = {}
    delegated: dict[str, float] = {}
    """Services it administers for the organization -> since when."""


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A policy of the organization's own."""

    content: str
    description: str = ""
    tags: dict[str, str] = {}


class Handshake(msgspec.Struct, frozen=True, omit_defaults=True):
    """An offer from an organization to an account (or to itself)."""

    organization: str
    action: str
    requested: float
    expires: float
    state: str = "REQUESTED"
    """As stored; one whose time has passed is `EXPIRED` whatever stands here (see `handshakes.state`)."""
    target_type: str = "ORGANIZATION"
    target: str = ""
    notes: str | None = None
    tags: dict[str, str] = {}
    parent: str | None = None
    ended: float | None = None


class Creation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request to create an account."""

    organization: str
    account_name: str
    email: str
    role_name: str
    requested: float
    state: str = "IN_PROGRESS"
    completed: float | None = None
    account: str | None = None
    failure: str | None = None
    tags: dict[str, str] = {}


ORGANIZATION = Kind("organizations.organization", Organization)
UNIT = Kind("organizations.unit", Unit)
MEMBER = Kind("organizations.member", Member)
POLICY = Kind("organizations.policy", Policy)
HANDSHAKE = Kind("organizations.handshake", Handshake)
CREATION = Kind("organizations.creation", Creation)


def attached_relation(policy_type: str) -> str:
    """The relation of policies of one type with what they are attached to."""
    return f"organizations.attached.{policy_type}"
