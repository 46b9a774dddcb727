"""Protections: one resource each."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.shield import automatic_response, limits, protectable, tags
from garrison.services.shield.errors import already, invalid, limit, no_protection
from garrison.services.shield.paging import page
from garrison.services.shield.resources import GROUP, PROTECTION, Protection
from garrison.services.shield.subscription import load as subscribed
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def arn_of(partition: str, row: Resource[Protection]) -> str:
    """The protection's own ARN."""
    return f"arn:{partition}:shield::{row.account}:protection/{row.id}"


def load(call: Call, reader: Reader, id: str) -> Resource[Protection]:
    """The account's protection of that id. Raises `ResourceNotFoundException`."""
    row = reader.by_id(PROTECTION, id)
    if row is None or row.account != call.account:
        raise no_protection()
    return row


def shown(partition: str, row: Resource[Protection]) -> dict[str, Any]:
    """A protection as answers show it."""
    return {
        "Id": row.id,
        "Name": row.body.label,
        "ResourceArn": row.name,
        "HealthCheckIds": [arn.rpartition("/")[2] for arn in row.body.health_checks],
        "ProtectionArn": arn_of(partition, row),
        **automatic_response.shown(row.body),
    }


@operation("shield", "CreateProtection", access="write")
def create_protection(call: Call, tx: Transaction) -> dict[str, Any]:
    subscribed(call, tx)
    arn = call.params["ResourceArn"]
    kind = protectable.check(tx, call.account, arn)
    same = sum(protectable.type_of(row.name) == kind for row in tx.page(PROTECTION, call.account))
    if same >= limits.PROTECTIONS:
        raise limit(kind, limits.PROTECTIONS)
    body = Protection(label=call.params["Name"], tags=tags.given(call))
    try:
        row = tx.insert(PROTECTION, call.account, arn, body, id=str(uuid.uuid4()), created=call.now)
    except AlreadyExists:
        raise already("The referenced protection already exists.", "PROTECTION") from None
    tags.decides(tx, call.account)
    return {"ProtectionId": row.id}


@operation("shield", "DescribeProtection", access="read")
def describe_protection(call: Call, reader: Reader) -> dict[str, Any]:
    subscribed(call, reader)
    id, arn = call.params.get("ProtectionId"), call.params.get("ResourceArn")
    if (id is None) == (arn is None):
        raise invalid("You must provide either the ProtectionId or the ResourceArn, and not both.")
    row = load(call, reader, id) if id is not None else reader.get(PROTECTION, call.account, str(arn))
    if row is None:
        raise no_protection()
    return {"Protection": shown(call.partition, row)}


@operation("shield", "DeleteProtection", access="write")
def delete_protection(call: Call, tx: Transaction) -> dict[str, Any]:
    subscribed(call, tx)
    row = load(call, tx, call.params["ProtectionId"])
    if row.body.response_enabled:
        automatic_response.withdraw(call, tx, row)
        row = load(call, tx, row.id)
    for group in tx.page(GROUP, call.account):
        if row.name in group.body.members:
            left = tuple(one for one in group.body.members if one != row.name)
            tx.update(group, msgspec.structs.replace(group.body, members=left), updated=call.now)
    tx.delete(row)
    tags.decides(tx, call.account)
    return {}


@operation("shield", "ListProtections", access="read")
def list_protections(call: Call, reader: Reader) -> dict[str, Any]:
    subscribed(call, reader)
    chosen = call.params.get("InclusionFilters") or {}
    arns, names = chosen.get("ResourceArns"), chosen.get("ProtectionNames")
    types = chosen.get("ResourceTypes")
    rows = [
        row
        for row in reader.page(PROTECTION, call.account)
        if (not arns or row.name in arns)
        and (not names or row.body.label in names)
        and (not types or protectable.type_of(row.name) in types)
    ]
    some, rest = page(call, rows, key=lambda row: row.id)
    return {"Protections": [shown(call.partition, row) for row in some], **rest}
