"""Rows that calls name by ARN: there, and the caller's, or the error that AWS gives."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.elbv2 import arns
from garrison.services.elbv2.errors import not_found
from garrison.services.elbv2.resources import (
    LISTENER,
    LOAD_BALANCER,
    RULE,
    TARGET_GROUP,
    Listener,
    LoadBalancer,
    Rule,
    TargetGroup,
)
from garrison.store import Reader, Resource


def _here(call: Call, row: Resource[Any]) -> bool:
    return row.account == call.account and row.region == call.region


def load_balancer(call: Call, reader: Reader, arn: str | None = None) -> Resource[LoadBalancer]:
    """The load balancer of an ARN (default: the call's `LoadBalancerArn`)."""
    given: str = call.params["LoadBalancerArn"] if arn is None else arn
    row = reader.by_id(LOAD_BALANCER, arns.check_form(given, "load balancer"))
    if row is None or not _here(call, row):
        raise not_found("LoadBalancer")
    return row


def target_group(call: Call, reader: Reader, arn: str | None = None) -> Resource[TargetGroup]:
    given: str = call.params["TargetGroupArn"] if arn is None else arn
    row = reader.by_id(TARGET_GROUP, arns.check_form(given, "target group"))
    if row is None or not _here(call, row):
        raise not_found("TargetGroup")
    return row


def listener(call: Call, reader: Reader, arn: str | None = None) -> Resource[Listener]:
    given: str = call.params["ListenerArn"] if arn is None else arn
    row = reader.by_id(LISTENER, arns.check_form(given, "listener"))
    if row is None or not _here(call, row):
        raise not_found("Listener")
    return row


def rule(call: Call, reader: Reader, arn: str) -> Resource[Rule]:
    """A rule that is no default rule."""
    row = reader.by_id(RULE, arns.check_form(arn, "listener rule"))
    if row is None or not _here(call, row):
        raise not_found("Rule")
    return row
