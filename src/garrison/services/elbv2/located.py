"""Load balancers, target groups, listeners and rules as authorization sees them: whose they are, and their tags."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.protected import Protectable, provide_protectable
from garrison.access.resources import Facts, provide_resources
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.services.elbv2 import arns
from garrison.services.elbv2.resources import LISTENER, LOAD_BALANCER, RULE, TARGET_GROUP
from garrison.store import Kind, Reader

_KINDS: dict[str, Kind[Any]] = {
    "loadbalancer": LOAD_BALANCER,
    "targetgroup": TARGET_GROUP,
    "listener": LISTENER,
    "listener-rule": RULE,
}


def load_balancing_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one resource of Elastic Load Balancing."""
    arn = Arn.parse(check.resource)
    if arn is None:
        return Facts(arn=check.resource, account=None)
    kind = _KINDS.get(arn.resource.partition("/")[0])
    row = None if kind is None else reader.by_id(kind, check.resource)
    tags: dict[str, str] = {} if row is None else row.body.tags
    exists = row is not None
    if row is None and kind is RULE:
        listener = reader.by_id(LISTENER, arns.listener_of(check.resource))
        if listener is not None and listener.body.default_rule == check.resource:
            exists, tags = True, listener.body.default_rule_tags
    return Facts(arn=check.resource, account=arn.account or None, exists=exists, tags=tags)


def _exists(reader: Reader, account: str, arn: str) -> bool:
    row = reader.by_id(LOAD_BALANCER, arn)
    return row is not None and row.account == account


provide_resources("elasticloadbalancing", load_balancing_facts)
provide_protectable(Protectable("APPLICATION_LOAD_BALANCER", "elasticloadbalancing", "loadbalancer/app/", _exists))
