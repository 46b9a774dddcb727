"""Protection groups: all protections, those of one type, or chosen ones.

Source: API reference, CreateProtectionGroup: ARBITRARY needs members and takes no type, BY_RESOURCE_TYPE needs a type
and takes no members, ALL takes neither.
"""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.shield import limits, protectable, tags
from garrison.services.shield.errors import already, invalid, limit, no_group, no_protection
from garrison.services.shield.paging import page
from garrison.services.shield.resources import GROUP, PROTECTION, Group
from garrison.services.shield.subscription import load as subscribed
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def arn_of(partition: str, row: Resource[Group]) -> str:
    """The group's own ARN."""
    return f"arn:{partition}:shield::{row.account}:protection-group/{row.name}"


def _load(call: Call, reader: Reader) -> Resource[Group]:
    row = reader.get(GROUP, call.account, call.params["ProtectionGroupId"])
    if row is None:
        raise no_group()
    return row


def members(reader: Reader, row: Resource[Group]) -> list[str]:
    """The ARNs of the protected resources a group has now."""
    body = row.body
    if body.pattern == "ARBITRARY":
        return sorted(body.members)
    arns = [one.name for one in reader.page(PROTECTION, row.account)]
    return [arn for arn in arns if body.pattern == "ALL" or protectable.type_of(arn) == body.resource_type]


def _given(call: Call, reader: Reader, kept: dict[str, str]) -> Group:
    params = call.params
    pattern, kind, chosen = params["Pattern"], params.get("ResourceType"), params.get("Members") or []
    if (pattern == "BY_RESOURCE_TYPE") != (kind is not None):
        raise invalid("ResourceType must be set if, and only if, Pattern is BY_RESOURCE_TYPE.", "ResourceType")
    if pattern != "ARBITRARY" and chosen:
        raise invalid("Members can be set only if Pattern is ARBITRARY.", "Members")
    if pattern == "ARBITRARY" and not chosen:
        raise invalid("Members must be set if Pattern is ARBITRARY.", "Members")
    if len(chosen) > limits.MEMBERS:
        raise limit("MAX_MEMBERS", limits.MEMBERS)
    for arn in chosen:
        if reader.get(PROTECTION, call.account, arn) is None:
            raise no_protection()
    return Group(params["Aggregation"], pattern, kind, tuple(dict.fromkeys(chosen)), kept)


def _shown(partition: str, row: Resource[Group]) -> dict[str, Any]:
    body = row.body
    return {
        "ProtectionGroupId": row.name,
        "Aggregation": body.aggregation,
        "Pattern": body.pattern,
        **({} if body.resource_type is None else {"ResourceType": body.resource_type}),
        "Members": sorted(body.members),
        "ProtectionGroupArn": arn_of(partition, row),
    }


@operation("shield", "CreateProtectionGroup", access="write")
def create_protection_group(call: Call, tx: Transaction) -> dict[str, Any]:
    subscribed(call, tx)
    if tx.count(GROUP, call.account) >= limits.GROUPS:
        raise limit("MAX_PROTECTION_GROUPS", limits.GROUPS)
    name = call.params["ProtectionGroupId"]
    body = _given(call, tx, tags.given(call))
    try:
        tx.insert(GROUP, call.account, name, body, id=f"{call.account}/{name}", created=call.now)
    except AlreadyExists:
        raise already("The referenced protection group already exists.", "PROTECTION_GROUP") from None
    tags.decides(tx, call.account)
    return {}


@operation("shield", "UpdateProtectionGroup", access="write")
def update_protection_group(call: Call, tx: Transaction) -> dict[str, Any]:
    subscribed(call, tx)
    row = _load(call, tx)
    tx.update(row, _given(call, tx, row.body.tags), updated=call.now)
    return {}


@operation("shield", "DescribeProtectionGroup", access="read")
def describe_protection_group(call: Call, reader: Reader) -> dict[str, Any]:
    subscribed(call, reader)
    return {"ProtectionGroup": _shown(call.partition, _load(call, reader))}


@operation("shield", "DeleteProtectionGroup", access="write")
def delete_protection_group(call: Call, tx: Transaction) -> dict[str, Any]:
    subscribed(call, tx)
    tx.delete(_load(call, tx))
    tags.decides(tx, call.account)
    return {}


@operation("shield", "ListProtectionGroups", access="read")
def list_protection_groups(call: Call, reader: Reader) -> dict[str, Any]:
    subscribed(call, reader)
    chosen = call.params.get("InclusionFilters") or {}
    ids, patterns = chosen.get("ProtectionGroupIds"), chosen.get("Patterns")
    types, aggregations = chosen.get("ResourceTypes"), chosen.get("Aggregations")
    rows = [
        row
        for row in reader.page(GROUP, call.account)
        if (not ids or row.name in ids)
        and (not patterns or row.body.pattern in patterns)
        and (not types or row.body.resource_type in types)
        and (not aggregations or row.body.aggregation in aggregations)
    ]
    some, rest = page(call, rows, key=lambda row: row.name)
    return {"ProtectionGroups": [_shown(call.partition, row) for row in some], **rest}


@operation("shield", "ListResourcesInProtectionGroup", access="read")
def list_resources_in_protection_group(call: Call, reader: Reader) -> dict[str, Any]:
    subscribed(call, reader)
    some, rest = page(call, members(reader, _load(call, reader)), key=lambda arn: arn)
    return {"ResourceArns": some, **rest}
