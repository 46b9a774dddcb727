"""Load balancers, target groups, listeners and rules that the Resource Groups Tagging API finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.access.tagged import Tagged, provide_tagged
from garrison.services.elbv2.resources import LISTENER, LOAD_BALANCER, RULE, TARGET_GROUP
from garrison.store import Kind, Reader

_KINDS: tuple[tuple[Kind[Any], str], ...] = (
    (LOAD_BALANCER, "loadbalancer"),
    (TARGET_GROUP, "targetgroup"),
    (LISTENER, "listener"),
    (RULE, "listener-rule"),
)


def load_balancing_tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    """Everything of Elastic Load Balancing with tags."""
    for kind, noun in _KINDS:
        for row in reader.page(kind, account, region=region, parent=None):
            yield Tagged(row.id, f"elasticloadbalancing:{noun}", row.body.tags)


provide_tagged("elasticloadbalancing", load_balancing_tagged)
