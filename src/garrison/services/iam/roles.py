"""Roles: create, read, list, change, delete, tag, and their trust policies."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.ids import unique_id
from garrison.policy.validate import validate_trust
from garrison.services.iam import documents, owners, quotas, tags
from garrison.services.iam.boundary import check_boundary, link_boundary, shown_boundary
from garrison.services.iam.errors import already_exists, must_first, over_quota
from garrison.services.iam.last_used import latest
from garrison.services.iam.owners import ROLES
from garrison.services.iam.paging import page, under
from garrison.services.iam.resources import ATTACHED, EPOCH, PROFILE_ROLE, ROLE, Role
from garrison.services.iam.shared_issuers import check_shared_issuers
from garrison.services.iam.trust import render_principals, store_principals
from garrison.services.operation import Output, operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def shown_role(reader: Reader, partition: str, row: Resource[Role]) -> dict[str, Any]:
    """A role as lists show it: without tags, boundary and last use (API reference, ListRoles)."""
    body = row.body
    answer: dict[str, Any] = {
        "Path": body.path,
        "RoleName": row.name,
        "RoleId": row.id,
        "Arn": owners.arn_of(partition, ROLES, row),
        "CreateDate": row.created,
        "AssumeRolePolicyDocument": documents.shown(render_principals(reader, body.trust, partition)),
        "MaxSessionDuration": body.max_session_duration,
    }
    if body.description is not None:
        answer["Description"] = body.description
    return answer


def shown_last_used(call: Call, row: Resource[Role]) -> dict[str, Any]:
    """The `RoleLastUsed` member: empty for a role never used."""
    used = latest(call.runtime, row)
    return {} if used is None else {"LastUsedDate": used.date, "Region": used.region}


def _whole(reader: Reader, partition: str, row: Resource[Role]) -> dict[str, Any]:
    answer = shown_role(reader, partition, row)
    if row.body.boundary is not None:
        answer["PermissionsBoundary"] = shown_boundary(row.body.boundary)
    if row.body.tags:
        answer["Tags"] = tags.shown(row.body.tags)
    return answer


def _trust(call: Call, tx: Transaction, document: str) -> str:
    validate_trust(document)
    check_shared_issuers(document)
    if documents.measured(document) > quotas.ASSUME_ROLE_POLICY_SIZE:
        raise over_quota("ACLSizePerRole", quotas.ASSUME_ROLE_POLICY_SIZE)
    return store_principals(tx, document, call.partition)


@operation("iam", "CreateRole", access="write")
def create_role(call: Call, tx: Transaction) -> Output:
    params = call.params
    name = params["RoleName"]
    given = tags.given(call)
    trust = _trust(call, tx, params["AssumeRolePolicyDocument"])
    boundary = params.get("PermissionsBoundary")
    if boundary is not None:
        check_boundary(tx, call, boundary)
    quota = quotas.adjusted(call.runtime, "RolesPerAccount", quotas.ROLES)
    if tx.count(ROLE, call.account) >= quota:
        raise over_quota("RolesPerAccount", quota)
    body = Role(
        trust=trust,
        path=params.get("Path", "/"),
        description=params.get("Description"),
        max_session_duration=params.get("MaxSessionDuration", 3600),
        tags=given,
        boundary=boundary,
    )
    try:
        row = tx.insert(ROLE, call.account, name, body, id=unique_id("AROA"), created=call.now)
    except AlreadyExists:
        raise already_exists("Role", name) from None
    link_boundary(tx, call.account, row.id, boundary)
    tx.bump(EPOCH, call.account)
    return {"Role": _whole(tx, call.partition, row)}


@operation("iam", "GetRole", access="read")
def get_role(call: Call, reader: Reader) -> Output:
    row = owners.named(reader, ROLES, call)
    return {"Role": {**_whole(reader, call.partition, row), "RoleLastUsed": shown_last_used(call, row)}}


@operation("iam", "ListRoles", access="read")
def list_roles(call: Call, reader: Reader) -> Output:
    rows, rest = page(call, reader, ROLE, keep=under(call.params.get("PathPrefix")))
    return {"Roles": [shown_role(reader, call.partition, row) for row in rows], **rest}


@operation("iam", "UpdateRole", access="write")
def update_role(call: Call, tx: Transaction) -> Output:
    params = call.params
    row = owners.named(tx, ROLES, call)
    if "MaxSessionDuration" in params:
        # The description of a service-linked role may be edited, nothing else of it.
        owners.modifiable(row)
    body = row.body
    if "Description" in params:
        body = msgspec.structs.replace(body, description=params["Description"] or None)
    body = msgspec.structs.replace(
        body, max_session_duration=params.get("MaxSessionDuration", body.max_session_duration)
    )
    tx.update(row, body, updated=call.now)
    tx.bump(EPOCH, call.account)
    return {}


@operation("iam", "UpdateRoleDescription", access="write")
def update_role_description(call: Call, tx: Transaction) -> Output:
    row = owners.named(tx, ROLES, call)
    body = msgspec.structs.replace(row.body, description=call.params["Description"] or None)
    row = tx.update(row, body, updated=call.now)
    return {"Role": _whole(tx, call.partition, row)}


@operation("iam", "UpdateAssumeRolePolicy", access="write")
def update_assume_role_policy(call: Call, tx: Transaction) -> None:
    trust = _trust(call, tx, call.params["PolicyDocument"])
    row = owners.modifiable(owners.named(tx, ROLES, call))
    tx.update(row, msgspec.structs.replace(row.body, trust=trust), updated=call.now)
    tx.bump(EPOCH, call.account)


@operation("iam", "DeleteRole", access="write")
def delete_role(call: Call, tx: Transaction) -> None:
    row = owners.modifiable(owners.named(tx, ROLES, call))
    if row.body.inline:
        raise must_first("delete policies")
    if tx.targets(ATTACHED, row.id):
        raise must_first("detach all policies")
    if tx.sources(PROFILE_ROLE, row.id):
        raise must_first("remove roles from instance profile")
    link_boundary(tx, call.account, row.id, None)
    tx.delete(row)
    tx.bump(EPOCH, call.account)


@operation("iam", "TagRole", access="write")
def tag_role(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, ROLES, call)
    tx.update(
        row, msgspec.structs.replace(row.body, tags=tags.merged(row.body.tags, tags.given(call), quota="TagsPerRole"))
    )
    tx.bump(EPOCH, call.account)


@operation("iam", "UntagRole", access="write")
def untag_role(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, ROLES, call)
    tx.update(row, msgspec.structs.replace(row.body, tags=tags.without(row.body.tags, call.params["TagKeys"])))
    tx.bump(EPOCH, call.account)


@operation("iam", "ListRoleTags", access="read")
def list_role_tags(call: Call, reader: Reader) -> Output:
    row = owners.named(reader, ROLES, call)
    return tags.listed(call, row.body.tags)
