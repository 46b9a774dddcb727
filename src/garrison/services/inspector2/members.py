"""An organization's Inspector: its delegated administrator, the members it takes in, and what new accounts get.

Source: API reference, EnableDelegatedAdminAccount, DisableDelegatedAdminAccount, AssociateMember, ...; user guide,
"Managing multiple accounts": the management account names one administrator, in each region anew at AWS; here, as
Organizations has it, for all regions at once.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access import organization
from garrison.access.call import Call
from garrison.services.inspector2 import administration
from garrison.services.inspector2.accounts import switch_on
from garrison.services.inspector2.errors import conflict, denied, invalid, not_enabled, not_found
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import MEMBER, PLACE
from garrison.services.inspector2.state import MEMBERS, TYPES, account, keep, needed
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction


def _delegation(call: Call, reader: Reader) -> organization.Delegation:
    """Organizations, asked by the management account. Raises `AccessDeniedException`."""
    found = organization.delegation()
    if found is None or found.management(reader, call.account) != call.account:
        raise denied("The request must be made by the organization's management account.")
    return found


def administrator(call: Call, reader: Reader) -> None:
    """Raise `AccessDeniedException` unless the caller's account is the delegated administrator."""
    if administration.administrator(reader, call.account) != call.account:
        raise denied("Invoking account is not a delegated administrator.")


@operation("inspector2", "EnableDelegatedAdminAccount", access="write")
def enable_delegated_admin_account(call: Call, tx: Transaction) -> dict[str, Any]:
    found = _delegation(call, tx)
    id = call.params["delegatedAdminAccountId"]
    if id not in found.accounts(tx, call.account):
        raise not_found("The account is not a member of the organization.")
    current = administration.administrator(tx, call.account)
    if current == id:
        raise conflict("The account is already the delegated administrator.", id, "DELEGATED_ADMIN_ACCOUNT")
    if current is not None:
        raise conflict("The organization has another delegated administrator.", current, "DELEGATED_ADMIN_ACCOUNT")
    found.delegate(tx, id, administration.SERVICE, now=call.now)
    if not account(tx, id, call.region).enabled:
        # Enabling the administrator enables Inspector there (user guide, "Designating a delegated administrator").
        switch_on(tx, call.partition, id, call.region, ("EC2", "ECR", "LAMBDA", "LAMBDA_CODE"), now=call.now)
    return {"delegatedAdminAccountId": id}


@operation("inspector2", "DisableDelegatedAdminAccount", access="write")
def disable_delegated_admin_account(call: Call, tx: Transaction) -> dict[str, Any]:
    found = _delegation(call, tx)
    id = call.params["delegatedAdminAccountId"]
    if administration.administrator(tx, call.account) != id:
        raise not_found("The account is not the delegated administrator.")
    found.withdraw(tx, id, administration.SERVICE)
    for place in tx.page(PLACE, ""):
        if place.body.account != id:
            continue
        for row in tx.page(MEMBER, id, region=place.body.region):
            tx.delete(row)
        body = account(tx, id, place.body.region)
        keep(
            tx, id, place.body.region, msgspec.structs.replace(body, auto_enable={}, org_package_paths=()), now=call.now
        )
    return {"delegatedAdminAccountId": id}


@operation("inspector2", "GetDelegatedAdminAccount", access="read")
def get_delegated_admin_account(call: Call, reader: Reader) -> dict[str, Any]:
    id = administration.administrator(reader, call.account)
    if id is None:
        raise not_found("There is no delegated administrator for this account.")
    return {"delegatedAdmin": {"accountId": id, "relationshipStatus": "ENABLED"}}


@operation("inspector2", "ListDelegatedAdminAccounts", access="read")
def list_delegated_admin_accounts(call: Call, reader: Reader) -> dict[str, Any]:
    _delegation(call, reader)
    found = organization.administrators(reader, call.account, administration.SERVICE)
    some, rest = page(call, found, key=lambda id: (id,), default=5)
    return {"delegatedAdminAccounts": [{"accountId": id, "status": "ENABLED"} for id in some], **rest}


@operation("inspector2", "AssociateMember", access="write")
def associate_member(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    administrator(call, tx)
    id = call.params["accountId"]
    found = organization.delegation()
    if found is None or id not in found.accounts(tx, call.account):
        raise invalid("The account is not a member of the organization.", "accountId")
    if id == call.account:
        raise invalid("The delegated administrator cannot be a member of itself.", "accountId")
    administration.take_in(tx, call.account, call.region, id, now=call.now)
    return {"accountId": id}


@operation("inspector2", "DisassociateMember", access="write")
def disassociate_member(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    administrator(call, tx)
    id = call.params["accountId"]
    if not administration.let_go(tx, call.account, call.region, id, now=call.now):
        raise invalid("The account is not associated.", "accountId")
    return {"accountId": id}


def _shown(row: Resource[Any]) -> dict[str, Any]:
    return {
        "accountId": row.name,
        "relationshipStatus": row.body.status,
        "delegatedAdminAccountId": row.account,
        "updatedAt": row.body.updated,
    }


@operation("inspector2", "GetMember", access="read")
def get_member(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    administrator(call, reader)
    row = reader.get(MEMBER, call.account, call.params["accountId"], region=call.region)
    if row is None:
        raise not_found("The account is not a member.")
    return {"member": _shown(row)}


@operation("inspector2", "ListMembers", access="read")
def list_members(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    administrator(call, reader)
    every = not call.params.get("onlyAssociated", True)
    rows = [r for r in reader.page(MEMBER, call.account, region=call.region) if every or r.body.status == "ENABLED"]
    some, rest = page(call, rows, key=lambda row: (row.name,), default=50)
    return {"members": [_shown(row) for row in some], **rest}


@operation("inspector2", "DescribeOrganizationConfiguration", access="read")
def describe_organization_configuration(call: Call, reader: Reader) -> dict[str, Any]:
    administrator(call, reader)
    return {
        "autoEnable": _auto(account(reader, call.account, call.region).auto_enable),
        "maxAccountLimitReached": False,
    }


def _auto(kept: dict[str, bool]) -> dict[str, bool]:
    return {member: kept.get(member, False) for member in (*MEMBERS.values(), "ami")}


@operation("inspector2", "UpdateOrganizationConfiguration", access="write")
def update_organization_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    administrator(call, tx)
    body = account(tx, call.account, call.region)
    if not body.enabled:
        raise not_enabled()
    given = call.params["autoEnable"]
    if given.get("lambdaCode") and not given.get("lambda"):
        raise invalid("lambdaCode needs lambda.", "autoEnable")
    keep(tx, call.account, call.region, msgspec.structs.replace(body, auto_enable=dict(given)), now=call.now)
    return {"autoEnable": _auto(given)}


def _joined(tx: Transaction, id: str, now: float) -> None:
    """An account joined an organization: it is taken in where its administrator wants new accounts to be."""
    admin = administration.administrator(tx, id)
    if admin is None or admin == id:
        return
    for place in tx.page(PLACE, ""):
        if place.body.account != admin:
            continue
        region = place.body.region
        wanted = account(tx, admin, region).auto_enable
        types = [type for type in TYPES if wanted.get(MEMBERS[type])]
        if types:
            new = [type for type in types if type not in account(tx, id, region).enabled]
            switch_on(tx, "aws", id, region, new, now=now)
            administration.take_in(tx, admin, region, id, now=now)


def _left(tx: Transaction, id: str, now: float) -> None:
    """An account is about to leave: it is nobody's member any more."""
    admin = administration.administrator(tx, id)
    for place in tx.page(PLACE, "") if admin is not None else ():
        if place.body.account == admin:
            administration.let_go(tx, admin, place.body.region, id, now=now)


organization.on_join(_joined)
organization.on_leave(_left)
