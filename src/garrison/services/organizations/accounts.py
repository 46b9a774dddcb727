"""The organization's accounts: read, move, close, and leave."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from garrison.access import accounts, organization
from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.organizations import attached, quotas, tree
from garrison.services.organizations.arns import node_arn
from garrison.services.organizations.errors import (
    all_features_needed,
    constraint,
    error,
)
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import ALL, MEMBER, Member, Organization
from garrison.services.organizations.standing import anybody, management, viewer
from garrison.store import Reader, Resource, Transaction

CLOSING_SECONDS = 1.0
"""How long a closure is pending. AWS takes minutes."""


def state(row: Resource[Member], now: float) -> str:
    """`ACTIVE`, `PENDING_CLOSURE` or `CLOSED`."""
    closing = row.body.closing
    if closing is None:
        return "ACTIVE"
    return "PENDING_CLOSURE" if now < closing + CLOSING_SECONDS else "CLOSED"


def shown(call: Call, reader: Reader, org: Resource[Organization], row: Resource[Member]) -> dict[str, Any]:
    """An account as answers show it."""
    known = accounts.account(reader, row.id)
    now = state(row, call.now)
    answer = {
        "Id": row.id,
        "Arn": node_arn(call.partition, org, row.id),
        "Name": "" if known is None else known.body.name,
        "Status": "SUSPENDED" if now == "CLOSED" else now,
        "State": now,
        "Paths": [tree.path(org, tree.chain(reader, org, row.id))],
        "JoinedMethod": row.body.method,
        "JoinedTimestamp": row.body.joined,
    }
    if known is not None and known.body.email:
        answer["Email"] = known.body.email
    return answer


@operation("organizations", "DescribeAccount", access="read")
def describe_account(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    return {"Account": shown(call, reader, org, tree.load_member(reader, org, call.params["AccountId"]))}


@operation("organizations", "ListAccounts", access="read")
def list_accounts(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    rows, rest = page(call, reader.page(MEMBER, org.account, parent=None), key=lambda row: row.id)
    return {"Accounts": [shown(call, reader, org, row) for row in rows], **rest}


@operation("organizations", "ListAccountsForParent", access="read")
def list_accounts_for_parent(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    parent = tree.check_parent(reader, org, call.params["ParentId"])
    rows, rest = page(call, reader.page(MEMBER, org.account, parent=parent), key=lambda row: row.id)
    return {"Accounts": [shown(call, reader, org, row) for row in rows], **rest}


@operation("organizations", "MoveAccount", access="write")
def move_account(call: Call, tx: Transaction) -> None:
    org = management(call, tx)
    row = tree.load_member(tx, org, call.params["AccountId"])
    source = tree.check_parent(tx, org, call.params["SourceParentId"], "SourceParent")
    destination = tree.check_parent(tx, org, call.params["DestinationParentId"], "DestinationParent")
    if row.parent == destination:
        raise error("DuplicateAccount", "The account is already present in the specified destination.")
    if row.parent != source:
        raise error("SourceParentNotFound", "You specified a source parent that the account isn't in.")
    tx.delete(row)
    tx.insert(MEMBER, org.account, row.name, row.body, id=row.id, parent=destination, created=row.created)
    attached.bump(tx)


def check_departure(call: Call, reader: Reader, row: Resource[Member]) -> None:
    """Raise what keeps an account from leaving its organization."""
    if row.id == row.account:
        raise error(
            "MasterCannotLeaveOrganization",
            "You can't remove a management account from an organization. To make it a member of another organization, "
            "first delete its own.",
        )
    if row.body.delegated:
        raise constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You attempted to remove an account that is registered as a delegated administrator for a service "
            "integrated with your organization. You must first deregister it.",
        )
    known = accounts.account(reader, row.id)
    if row.body.method == "CREATED" and known is not None and call.now < known.created + quotas.LEAVE_AFTER:
        raise constraint("WAIT_PERIOD_ACTIVE", "You must wait until at least four days after the account was created.")


def depart(tx: Transaction, org: Resource[Organization], row: Resource[Member], now: float) -> None:
    """The account stands alone from now on."""
    organization.left(tx, row.id, now)
    attached.detach_all(tx, org, row.id)
    tx.delete(row)
    attached.bump(tx)


def join(tx: Transaction, org: Resource[Organization], account: str, body: Member) -> Resource[Member]:
    """The account belongs to the organization, and stands at its root."""
    root = org.body.root_id
    row = tx.insert(MEMBER, org.account, account, body, id=account, parent=root, created=body.joined)
    attached.attach_defaults(tx, org, account)
    attached.bump(tx)
    organization.joined(tx, account, body.joined)
    return row


@operation("organizations", "RemoveAccountFromOrganization", access="write")
def remove_account_from_organization(call: Call, tx: Transaction) -> None:
    org = management(call, tx)
    row = tree.load_member(tx, org, call.params["AccountId"])
    check_departure(call, tx, row)
    depart(tx, org, row, call.now)


@operation("organizations", "LeaveOrganization", access="write")
def leave_organization(call: Call, tx: Transaction) -> None:
    standing = anybody(call, tx)
    check_departure(call, tx, standing.member)
    depart(tx, standing.org, standing.member, call.now)


@operation("organizations", "CloseAccount", access="write")
def close_account(call: Call, tx: Transaction) -> None:
    org = management(call, tx)
    if org.body.feature_set != ALL:
        raise all_features_needed()
    row = tree.load_member(tx, org, call.params["AccountId"])
    _check_closure(call, tx, org, row)
    tx.update(row, msgspec.structs.replace(row.body, closing=call.now))
    accounts.suspend(tx, row.id)
    attached.bump(tx)


def _check_closure(call: Call, tx: Transaction, org: Resource[Organization], row: Resource[Member]) -> None:
    if row.id == org.account:
        raise constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account.")
    now = state(row, call.now)
    if now == "CLOSED":
        raise error("AccountAlreadyClosed", "The account is already closed.")
    if now == "PENDING_CLOSURE":
        raise error("Conflict", "The account is already being closed.")
    if row.body.delegated:
        raise constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You attempted to close an account that is registered as a delegated administrator. "
            "You must first deregister it.",
        )
    members = [m for m in tx.page(MEMBER, org.account, parent=None) if m.id != org.account]
    closing = [m.body.closing for m in members if m.body.closing is not None]
    if sum(call.now < at + CLOSING_SECONDS for at in closing) >= quotas.CLOSURES_AT_ONCE:
        raise constraint(
            "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
            "You attempted to exceed the number of accounts that you can close at a time.",
        )
    active = sum(m.body.closing is None for m in members)
    share = min(max(math.ceil(active * quotas.CLOSURE_SHARE), quotas.CLOSURES_AT_LEAST), quotas.CLOSURES_AT_MOST)
    if sum(at > call.now - quotas.CLOSURE_WINDOW for at in closing) >= share:
        raise constraint("CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded close account quota for the past 30 days.")
