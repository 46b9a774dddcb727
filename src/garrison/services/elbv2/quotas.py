"""Quotas. Source: Application Load Balancers guide, "Quotas for your Application Load Balancers"."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.elbv2.errors import error
from garrison.services.elbv2.resources import LISTENER, LOAD_BALANCER, RULE, TARGET_GROUP
from garrison.services.operation import operation
from garrison.store import Reader

LIMITS = {
    "application-load-balancers": 50,
    "target-groups": 3000,
    "target-groups-per-application-load-balancer": 100,
    "targets-per-application-load-balancer": 1000,
    "targets-per-target-group": 1000,
    "listeners-per-application-load-balancer": 50,
    "rules-per-application-load-balancer": 100,
    "certificates-per-application-load-balancer": 25,
    "target-groups-per-action-on-application-load-balancer": 5,
    "condition-values-per-alb-rule": 5,
    "condition-wildcards-per-alb-rule": 5,
}


def limit(call: Call, name: str) -> int:
    """A quota, as the operator may have changed it."""
    return call.runtime.quotas.get(name.replace("-", "_"), LIMITS[name])


def check_load_balancers(call: Call, reader: Reader) -> None:
    if reader.count(LOAD_BALANCER, call.account, region=call.region) >= limit(call, "application-load-balancers"):
        raise error("TooManyLoadBalancers", "The maximum number of load balancers has been reached")


def check_target_groups(call: Call, reader: Reader) -> None:
    if reader.count(TARGET_GROUP, call.account, region=call.region) >= limit(call, "target-groups"):
        raise error("TooManyTargetGroups", "The maximum number of target groups has been reached")


def check_listeners(call: Call, reader: Reader, load_balancer: str) -> None:
    there = reader.count(LISTENER, call.account, region=call.region, parent=load_balancer)
    if there >= limit(call, "listeners-per-application-load-balancer"):
        raise error("TooManyListeners", "The maximum number of listeners per load balancer has been reached")


def check_rules(call: Call, reader: Reader, load_balancer: str) -> None:
    listeners = reader.page(LISTENER, call.account, region=call.region, parent=load_balancer)
    there = sum([reader.count(RULE, call.account, region=call.region, parent=row.id) for row in listeners])
    if there >= limit(call, "rules-per-application-load-balancer"):
        raise error("TooManyRules", "The maximum number of rules per load balancer has been reached")


@operation("elbv2", "DescribeAccountLimits", access="read")
def describe_account_limits(call: Call, reader: Reader) -> dict[str, Any]:
    return {"Limits": [{"Name": name, "Max": str(limit(call, name))} for name in LIMITS]}
