"""What Elastic Load Balancing stores. Every row's id is its ARN.

- `LOAD_BALANCER`: by region and name
- `LISTENER`: parent is the load balancer's ARN, name is its port
- `RULE`: parent is the listener's ARN, name is its priority in five digits (the default action is part of the listener)
- `TARGET_GROUP`: by region and name; its targets are part of it
- `HEALTH`: name is the target group's ARN; what the edge found out of its targets

Links: `FORWARDS`: listener or rule ARN -> target group ARN.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.sites import Health
from garrison.store import Kind

FORWARDS = "elbv2.forwards"


class Place(msgspec.Struct, frozen=True):
    """A subnet a load balancer is in."""

    subnet: str
    zone: str


class LoadBalancer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An application load balancer."""

    dns_name: str
    scheme: str
    places: tuple[Place, ...]
    security_groups: tuple[str, ...]
    ip_address_type: str = "ipv4"
    attributes: dict[str, str] = {}
    """Those that are not as they were made."""
    tags: dict[str, str] = {}


class Listener(msgspec.Struct, frozen=True, omit_defaults=True):
    """A listener and its default rule."""

    protocol: str
    port: int
    local_port: int
    actions: list[dict[str, Any]]
    """As the API has them."""
    default_rule: str
    """ARN of the default rule."""
    certificate: str | None = None
    """ARN of the default certificate."""
    certificates: tuple[str, ...] = ()
    """ARNs of further ones, by server name."""
    ssl_policy: str | None = None
    attributes: dict[str, str] = {}
    tags: dict[str, str] = {}
    default_rule_tags: dict[str, str] = {}


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule of a listener."""

    conditions: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    tags: dict[str, str] = {}


class TargetRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A registered target."""

    id: str
    port: int
    zone: str | None = None
    """`AvailabilityZone` as given."""
    since: float = 0.0


class TargetGroup(msgspec.Struct, frozen=True, omit_defaults=True):
    """A target group with its targets."""

    protocol: str
    port: int
    vpc: str
    target_type: str
    protocol_version: str
    ip_address_type: str
    check_protocol: str
    check_port: str
    check_path: str
    check_interval: int
    check_timeout: int
    healthy_threshold: int
    unhealthy_threshold: int
    codes: str
    """Of the matcher."""
    attributes: dict[str, str] = {}
    tags: dict[str, str] = {}
    targets: tuple[TargetRow, ...] = ()


class HealthRow(msgspec.Struct, frozen=True):
    """The health of a group's targets, by `id:port`."""

    targets: dict[str, Health]


LOAD_BALANCER = Kind("elbv2.load-balancer", LoadBalancer)
LISTENER = Kind("elbv2.listener", Listener)
RULE = Kind("elbv2.rule", Rule)
TARGET_GROUP = Kind("elbv2.target-group", TargetGroup)
HEALTH = Kind("elbv2.health", HealthRow)
