"""Permissions boundaries of users and roles: a managed policy that caps what their other policies give."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam import managed, owners
from garrison.services.iam.owners import ROLES, USERS, Owner
from garrison.services.iam.resources import BOUNDARY, EPOCH
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction


def check_boundary(reader: Reader, call: Call, arn: str) -> str:
    """`arn` if it can be a permissions boundary in the call's account.

    Raises `InvalidInput`, `NoSuchEntity` or `PolicyNotAttachable`.
    """
    policy = managed.load_attachable(reader, call, arn)
    if policy.service_only:
        raise AwsError("PolicyNotAttachable", "Cannot use a Service Role Policy as a permissions boundary.")
    return policy.arn


def link_boundary(tx: Transaction, account: str, entity_id: str, arn: str | None) -> None:
    """Keep the link that counts a boundary's uses in step with the entity's body (None: it has no boundary now)."""
    for link in tx.targets(BOUNDARY, entity_id):
        if link.target != arn:
            tx.unlink(BOUNDARY, entity_id, link.target)
    if arn is not None:
        tx.link(BOUNDARY, account, entity_id, arn)


def shown_boundary(arn: str) -> dict[str, Any]:
    """The `PermissionsBoundary` member of an answer.

    The type is `Policy` on the wire, whatever the model's enumeration says (IAM user guide, issue 82).
    """
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def _put(call: Call, tx: Transaction, owner: Owner) -> None:
    row = owners.modifiable(owners.named(tx, owner, call))
    _set(call, tx, row, check_boundary(tx, call, call.params["PermissionsBoundary"]))


def _delete(call: Call, tx: Transaction, owner: Owner) -> None:
    row = owners.modifiable(owners.named(tx, owner, call))
    if row.body.boundary is None:
        # A guess: the text for an entity without a boundary is not documented, the error is.
        raise AwsError("NoSuchEntity", f"The {owner.noun} with name {row.name} has no permissions boundary.")
    _set(call, tx, row, None)


def _set(call: Call, tx: Transaction, row: Resource[Any], arn: str | None) -> None:
    tx.update(row, msgspec.structs.replace(row.body, boundary=arn), updated=call.now)
    link_boundary(tx, call.account, row.id, arn)
    tx.bump(EPOCH, call.account)


@operation("iam", "PutUserPermissionsBoundary", access="write")
def put_user_permissions_boundary(call: Call, tx: Transaction) -> None:
    _put(call, tx, USERS)


@operation("iam", "PutRolePermissionsBoundary", access="write")
def put_role_permissions_boundary(call: Call, tx: Transaction) -> None:
    _put(call, tx, ROLES)


@operation("iam", "DeleteUserPermissionsBoundary", access="write")
def delete_user_permissions_boundary(call: Call, tx: Transaction) -> None:
    _delete(call, tx, USERS)


@operation("iam", "DeleteRolePermissionsBoundary", access="write")
def delete_role_permissions_boundary(call: Call, tx: Transaction) -> None:
    _delete(call, tx, ROLES)
