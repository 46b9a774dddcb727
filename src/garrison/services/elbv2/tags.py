"""Tags of load balancers, target groups, listeners and rules.

Load balancers and listeners show one more tag than they were given: `aws:garrison:address`, where on this machine they
are found. Clients leave tags alone that begin with `aws:`, as nobody can set them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.ports import local_address
from garrison.services.elbv2 import arns
from garrison.services.elbv2.errors import error, not_found, validation
from garrison.services.elbv2.resources import LISTENER, LOAD_BALANCER, RULE, TARGET_GROUP
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Resource, Transaction

MOST = 50
ADDRESS = "aws:garrison:address"

_KINDS: dict[str, tuple[Kind[Any], str, str]] = {
    "loadbalancer": (LOAD_BALANCER, "load balancer", "LoadBalancer"),
    "targetgroup": (TARGET_GROUP, "target group", "TargetGroup"),
    "listener": (LISTENER, "listener", "Listener"),
    "listener-rule": (RULE, "listener rule", "Rule"),
}


def given(call: Call) -> dict[str, str]:
    """The tags of the call's `Tags`. Raises for keys given twice, reserved, or too many."""
    return _checked(call.params.get("Tags") or ())


def _checked(tags: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in tags:
        if tag["Key"] in found:
            raise error("DuplicateTagKeys", "One or more of the tag keys are duplicated")
        if tag["Key"].lower().startswith("aws:"):
            raise validation("Tag keys starting with 'aws:' are reserved for system use")
        found[tag["Key"]] = tag.get("Value", "")
    if len(found) > MOST:
        raise error("TooManyTags", f"The maximum number of tags on a resource is {MOST}")
    return found


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as answers carry them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def find(reader: Reader, account: str, arn: str) -> tuple[Resource[Any], str]:
    """The row that an ARN's tags are kept in, and the member they are kept under."""
    noun = arn.rpartition(":")[2].partition("/")[0]
    if noun not in _KINDS:
        raise validation(f"'{arn}' is not a valid load balancer, target group, listener or listener rule ARN")
    kind, words, code = _KINDS[noun]
    arns.check_form(arn, words)
    row: Resource[Any] | None = reader.by_id(kind, arn)
    member = "tags"
    if row is None and noun == "listener-rule":
        listener = reader.by_id(LISTENER, arns.listener_of(arn))
        if listener is not None and listener.body.default_rule == arn:
            row, member = listener, "default_rule_tags"
    if row is None or row.account != account:
        raise not_found(code)
    return row, member


def _own(call: Call, reader: Reader, row: Resource[Any]) -> dict[str, str]:
    """Where a load balancer or listener is, on this machine."""
    if row.kind is LISTENER:
        listeners: list[Resource[Any]] = [row]
    elif row.kind is LOAD_BALANCER:
        listeners = list(reader.page(LISTENER, row.account, region=row.region, parent=row.id))
    else:
        return {}
    edge = call.runtime.edge
    found = {}
    for listener in sorted(listeners, key=lambda one: one.body.port):
        address = local_address(edge, listener.body.local_port, tls=listener.body.protocol == "HTTPS")
        key = ADDRESS if row.kind is LISTENER else f"{ADDRESS}:{listener.body.port}"
        found[key] = address
    return found


@operation("elbv2", "AddTags", access="write")
def add_tags(call: Call, tx: Transaction) -> dict[str, Any]:
    new = given(call)
    for arn in call.params["ResourceArns"]:
        row, member = find(tx, call.account, arn)
        tags = {**getattr(row.body, member), **new}
        if len(tags) > MOST:
            raise error("TooManyTags", f"The maximum number of tags on a resource is {MOST}")
        tx.update(row, msgspec.structs.replace(row.body, **{member: tags}))
    return {}


@operation("elbv2", "RemoveTags", access="write")
def remove_tags(call: Call, tx: Transaction) -> dict[str, Any]:
    gone = set(call.params["TagKeys"])
    for arn in call.params["ResourceArns"]:
        row, member = find(tx, call.account, arn)
        tags = {key: value for key, value in getattr(row.body, member).items() if key not in gone}
        tx.update(row, msgspec.structs.replace(row.body, **{member: tags}))
    return {}


@operation("elbv2", "DescribeTags", access="read")
def describe_tags(call: Call, reader: Reader) -> dict[str, Any]:
    wanted = call.params["ResourceArns"]
    if len(wanted) > 20:
        raise validation("The number of resource ARNs cannot be more than 20")  # API reference, DescribeTags
    found = []
    for arn in wanted:
        row, member = find(reader, call.account, arn)
        tags = (
            {**_own(call, reader, row), **getattr(row.body, member)} if member == "tags" else row.body.default_rule_tags
        )
        found.append({"ResourceArn": arn, "Tags": shown(tags)})
    return {"TagDescriptions": found}
