"""Groups of users, and who is in them."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.ids import unique_id
from garrison.services.iam import owners, quotas, users
from garrison.services.iam.errors import already_exists, must_first, no_such_entity, over_quota
from garrison.services.iam.owners import GROUPS, USERS
from garrison.services.iam.paging import page, page_of, under
from garrison.services.iam.resources import ATTACHED, EPOCH, GROUP, MEMBER, USER, Group
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def shown(partition: str, row: Resource[Group]) -> dict[str, Any]:
    """A group as every answer shows it."""
    return {
        "Path": row.body.path,
        "GroupName": row.name,
        "GroupId": row.id,
        "Arn": owners.arn_of(partition, GROUPS, row),
        "CreateDate": row.created,
    }


def groups_of(reader: Reader, user_id: str) -> list[Resource[Group]]:
    """The groups a user is in."""
    rows = (reader.by_id(GROUP, link.target) for link in reader.targets(MEMBER, user_id))
    return [row for row in rows if row is not None]


@operation("iam", "CreateGroup", access="write")
def create_group(call: Call, tx: Transaction) -> dict[str, Any]:
    name = call.params["GroupName"]
    quota = quotas.adjusted(call.runtime, "GroupsPerAccount", quotas.GROUPS)
    if tx.count(GROUP, call.account) >= quota:
        raise over_quota("GroupsPerAccount", quota)
    body = Group(path=call.params.get("Path", "/"))
    try:
        row = tx.insert(GROUP, call.account, name, body, id=unique_id("AGPA"), created=call.now)
    except AlreadyExists:
        raise already_exists("Group", name) from None
    return {"Group": shown(call.partition, row)}


@operation("iam", "GetGroup", access="read")
def get_group(call: Call, reader: Reader) -> dict[str, Any]:
    row = owners.named(reader, GROUPS, call)
    members = (reader.by_id(USER, link.source) for link in reader.sources(MEMBER, row.id))
    rows, end = page_of(call, (m for m in members if m is not None), lambda m: m.name.lower())
    return {
        "Group": shown(call.partition, row),
        "Users": [users.brief(call.partition, member) for member in rows],
        **end,
    }


@operation("iam", "ListGroups", access="read")
def list_groups(call: Call, reader: Reader) -> dict[str, Any]:
    rows, end = page(call, reader, GROUP, keep=under(call.params.get("PathPrefix")))
    return {"Groups": [shown(call.partition, row) for row in rows], **end}


@operation("iam", "UpdateGroup", access="write")
def update_group(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, GROUPS, call)
    name = call.params.get("NewGroupName", row.name)
    body = msgspec.structs.replace(row.body, path=call.params.get("NewPath", row.body.path))
    try:
        tx.update(row, body, name=name, updated=call.now)
    except AlreadyExists:
        raise already_exists("Group", name) from None
    tx.bump(EPOCH, call.account)


@operation("iam", "DeleteGroup", access="write")
def delete_group(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, GROUPS, call)
    if tx.sources(MEMBER, row.id):
        raise must_first("remove users from group")
    if row.body.inline:
        raise must_first("delete policies")
    if tx.targets(ATTACHED, row.id):
        raise must_first("detach all policies")
    tx.delete(row)
    tx.bump(EPOCH, call.account)


@operation("iam", "AddUserToGroup", access="write")
def add_user_to_group(call: Call, tx: Transaction) -> None:
    group = owners.named(tx, GROUPS, call)
    user = owners.named(tx, USERS, call)
    groups = [link.target for link in tx.targets(MEMBER, user.id)]
    if group.id in groups:
        return
    if len(groups) >= quotas.GROUPS_PER_USER:
        raise over_quota("GroupsPerUser", quotas.GROUPS_PER_USER)
    tx.link(MEMBER, call.account, user.id, group.id)
    tx.bump(EPOCH, call.account)


@operation("iam", "RemoveUserFromGroup", access="write")
def remove_user_from_group(call: Call, tx: Transaction) -> None:
    group = owners.named(tx, GROUPS, call)
    user = owners.named(tx, USERS, call)
    if not tx.unlink(MEMBER, user.id, group.id):
        raise no_such_entity("user", user.name)
    tx.bump(EPOCH, call.account)


@operation("iam", "ListGroupsForUser", access="read")
def list_groups_for_user(call: Call, reader: Reader) -> dict[str, Any]:
    user = owners.named(reader, USERS, call)
    rows, end = page_of(call, groups_of(reader, user.id), lambda row: row.name.lower())
    return {"Groups": [shown(call.partition, row) for row in rows], **end}
