"""Users: made, shown, renamed, tagged, deleted."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access import accounts
from garrison.access.call import Call
from garrison.aws.ids import unique_id
from garrison.services.iam import account_alias, credentials, owners, quotas, subject, tags
from garrison.services.iam.boundary import check_boundary, link_boundary, shown_boundary
from garrison.services.iam.errors import already_exists, must_first, over_quota
from garrison.services.iam.owners import USERS
from garrison.services.iam.paging import page, under
from garrison.services.iam.resources import (
    ACCESS_KEY,
    ATTACHED,
    EPOCH,
    LOGIN_PROFILE,
    MEMBER,
    MFA,
    USER,
    User,
)
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def brief(partition: str, row: Resource[User]) -> dict[str, Any]:
    """A user as lists show it: without tags and boundary."""
    answer: dict[str, Any] = {
        "Path": row.body.path,
        "UserName": row.name,
        "UserId": row.id,
        "Arn": owners.arn_of(partition, USERS, row),
        "CreateDate": row.created,
    }
    if row.body.password_last_used is not None:
        answer["PasswordLastUsed"] = row.body.password_last_used
    return answer


def full(partition: str, row: Resource[User]) -> dict[str, Any]:
    """A user as CreateUser and GetUser show it."""
    answer = brief(partition, row)
    if row.body.boundary is not None:
        answer["PermissionsBoundary"] = shown_boundary(row.body.boundary)
    if row.body.tags:
        answer["Tags"] = tags.shown(row.body.tags)
    return answer


@operation("iam", "CreateUser", access="write")
def create_user(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    boundary = params.get("PermissionsBoundary")
    if boundary is not None:
        boundary = check_boundary(tx, call, boundary)
    body = User(path=params.get("Path", "/"), tags=tags.given(call), boundary=boundary)
    quota = quotas.adjusted(call.runtime, "UsersPerAccount", quotas.USERS)
    if tx.count(USER, call.account) >= quota:
        raise over_quota("UsersPerAccount", quota)
    try:
        row = tx.insert(USER, call.account, params["UserName"], body, id=unique_id("AIDA"), created=call.now)
    except AlreadyExists:
        raise already_exists("User", params["UserName"]) from None
    link_boundary(tx, call.account, row.id, boundary)
    return {"User": full(call.partition, row)}


@operation("iam", "GetUser", access="read")
def get_user(call: Call, reader: Reader) -> dict[str, Any]:
    who = subject.subject(call, reader)
    if who.row is None:
        return {"User": shown_root(reader, call.partition, call.account)}
    return {"User": full(call.partition, who.row)}


def shown_root(reader: Reader, partition: str, account: str) -> dict[str, Any]:
    """The root user, whose name is the account's alias if it has one, and who has no path (seen on public answers)."""
    who = subject.root(partition, account)
    answer: dict[str, Any] = {"UserId": who.id, "Arn": who.arn}
    alias = account_alias.alias(reader, account)
    if alias is not None:
        answer["UserName"] = alias
    row = accounts.account(reader, account)
    if row is not None:
        answer["CreateDate"] = row.created
    return answer


@operation("iam", "ListUsers", access="read")
def list_users(call: Call, reader: Reader) -> dict[str, Any]:
    rows, end = page(call, reader, USER, keep=under(call.params.get("PathPrefix")))
    return {"Users": [brief(call.partition, row) for row in rows], **end}


@operation("iam", "UpdateUser", access="write")
def update_user(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, USERS, call)
    name = call.params.get("NewUserName", row.name)
    body = msgspec.structs.replace(row.body, path=call.params.get("NewPath", row.body.path))
    try:
        tx.update(row, body, name=name, updated=call.now)
    except AlreadyExists:
        raise already_exists("User", name) from None
    tx.bump(EPOCH, call.account)


@operation("iam", "DeleteUser", access="write")
def delete_user(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, USERS, call)
    _refuse_if_in_use(tx, row)
    link_boundary(tx, call.account, row.id, None)
    tx.delete(row)
    tx.bump(EPOCH, call.account)


def _refuse_if_in_use(tx: Transaction, row: Resource[User]) -> None:
    # Texts as seen on public answers; in which order AWS looks is a guess.
    if tx.by_id(LOGIN_PROFILE, row.id) is not None:
        raise must_first("delete login profile")
    if tx.count(ACCESS_KEY, row.account, parent=row.id):
        raise must_first("delete access keys")
    if tx.targets(MFA, row.id):
        raise must_first("delete MFA device")
    credentials.refuse_if_any(tx, row.account, row.id)
    if row.body.inline:
        raise must_first("delete policies")
    if tx.targets(ATTACHED, row.id):
        raise must_first("detach all policies")
    if tx.targets(MEMBER, row.id):
        raise must_first("remove users from group")


@operation("iam", "TagUser", access="write")
def tag_user(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, USERS, call)
    _set_tags(call, tx, row, tags.merged(row.body.tags, tags.given(call), quota="TagsPerUser"))


@operation("iam", "UntagUser", access="write")
def untag_user(call: Call, tx: Transaction) -> None:
    row = owners.named(tx, USERS, call)
    _set_tags(call, tx, row, tags.without(row.body.tags, call.params["TagKeys"]))


def _set_tags(call: Call, tx: Transaction, row: Resource[User], new: dict[str, str]) -> None:
    tx.update(row, msgspec.structs.replace(row.body, tags=new), updated=call.now)
    tx.bump(EPOCH, call.account)


@operation("iam", "ListUserTags", access="read")
def list_user_tags(call: Call, reader: Reader) -> dict[str, Any]:
    return tags.listed(call, owners.named(reader, USERS, call).body.tags)
