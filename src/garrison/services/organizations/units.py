"""Organizational units, and who is whose child and parent."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.services.organizations import attached, ids, quotas, tags, tree
from garrison.services.organizations.arns import node_arn
from garrison.services.organizations.errors import constraint, error, not_found
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import MEMBER, UNIT, Organization, Unit
from garrison.services.organizations.standing import management, viewer
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def shown(call: Call, reader: Reader, org: Resource[Organization], row: Resource[Unit]) -> dict[str, Any]:
    """A unit as answers show it."""
    return {
        "Id": row.id,
        "Arn": node_arn(call.partition, org, row.id),
        "Name": row.name,
        "Path": tree.path(org, tree.chain(reader, org, row.id)),
    }


def _duplicate() -> AwsError:
    return error("DuplicateOrganizationalUnit", "An OU with the same name already exists.")


@operation("organizations", "CreateOrganizationalUnit", access="write")
def create_organizational_unit(call: Call, tx: Transaction) -> dict[str, Any]:
    org = management(call, tx)
    parent = tree.check_parent(tx, org, call.params["ParentId"])
    if len(tree.chain(tx, org, parent)) > quotas.UNIT_DEPTH:
        raise constraint(
            "OU_DEPTH_LIMIT_EXCEEDED",
            "You cannot add an organizational unit to the specified parent because it would exceed the max depth "
            "allowed.",
        )
    if tx.count(UNIT, org.account, parent=None) >= quotas.UNITS:
        raise constraint("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of OUs that you can have.")
    id = ids.unit_id(org.body.root_id)
    body = Unit(tags=tags.given(call))
    try:
        row = tx.insert(UNIT, org.account, call.params["Name"], body, id=id, parent=parent, created=call.now)
    except AlreadyExists:
        raise _duplicate() from None
    attached.attach_defaults(tx, org, row.id)
    attached.bump(tx)
    return {"OrganizationalUnit": shown(call, tx, org, row)}


@operation("organizations", "DescribeOrganizationalUnit", access="read")
def describe_organizational_unit(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    row = tree.load_unit(reader, org, call.params["OrganizationalUnitId"])
    return {"OrganizationalUnit": shown(call, reader, org, row)}


@operation("organizations", "UpdateOrganizationalUnit", access="write")
def update_organizational_unit(call: Call, tx: Transaction) -> dict[str, Any]:
    org = management(call, tx)
    row = tree.load_unit(tx, org, call.params["OrganizationalUnitId"])
    try:
        row = tx.update(row, row.body, name=call.params.get("Name"), updated=call.now)
    except AlreadyExists:
        raise _duplicate() from None
    return {"OrganizationalUnit": shown(call, tx, org, row)}


@operation("organizations", "DeleteOrganizationalUnit", access="write")
def delete_organizational_unit(call: Call, tx: Transaction) -> None:
    org = management(call, tx)
    row = tree.load_unit(tx, org, call.params["OrganizationalUnitId"])
    if tx.count(UNIT, org.account, parent=row.id) or tx.count(MEMBER, org.account, parent=row.id):
        raise error(
            "OrganizationalUnitNotEmpty",
            "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, "
            "and try the operation again.",
        )
    attached.detach_all(tx, org, row.id)
    tx.delete(row)
    attached.bump(tx)


@operation("organizations", "ListOrganizationalUnitsForParent", access="read")
def list_organizational_units_for_parent(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    parent = tree.check_parent(reader, org, call.params["ParentId"])
    rows, rest = page(call, reader.page(UNIT, org.account, parent=parent), key=lambda row: row.id)
    return {"OrganizationalUnits": [shown(call, reader, org, row) for row in rows], **rest}


@operation("organizations", "ListChildren", access="read")
def list_children(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    parent = tree.check_parent(reader, org, call.params["ParentId"])
    wanted = call.params["ChildType"]
    kind: Any = MEMBER if wanted == "ACCOUNT" else UNIT
    rows, rest = page(call, reader.page(kind, org.account, parent=parent), key=lambda row: row.id)
    return {"Children": [{"Id": row.id, "Type": wanted} for row in rows], **rest}


@operation("organizations", "ListParents", access="read")
def list_parents(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    child = call.params["ChildId"]
    row: Resource[Any] | None = tree.unit(reader, org, child) or tree.member(reader, org, child)
    if row is None:
        raise not_found("Child", "a child")
    kind = "ROOT" if row.parent == org.body.root_id else "ORGANIZATIONAL_UNIT"
    parents, rest = page(call, [{"Id": row.parent, "Type": kind}], key=lambda parent: parent["Id"])
    return {"Parents": parents, **rest}
