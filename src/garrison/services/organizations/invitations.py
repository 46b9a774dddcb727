"""Inviting accounts, and answering handshakes."""

from __future__ import annotations

from typing import Any

from garrison.access.accounts import account, by_email
from garrison.access.call import Call
from garrison.access.roles import make_service_linked_role
from garrison.services.operation import operation
from garrison.services.organizations import all_features, handshakes, quotas, tags, tree
from garrison.services.organizations.accounts import check_departure, depart, join
from garrison.services.organizations.errors import denied, error, handshake_constraint, invalid, too_many_accounts
from garrison.services.organizations.organization import SERVICE
from garrison.services.organizations.resources import CREATION, MEMBER, Handshake, Member, Organization
from garrison.services.organizations.standing import management, standing_of
from garrison.store import Reader, Resource, Transaction

DAY = 86400


@operation("organizations", "InviteAccountToOrganization", access="write")
def invite_account_to_organization(call: Call, tx: Transaction) -> dict[str, Any]:
    org = management(call, tx)
    target, kind = call.params["Target"]["Id"], call.params["Target"]["Type"]
    if kind == "ORGANIZATION":
        raise invalid("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity as a party.")
    given = tags.given(call)
    _check_target(tx, org, kind, target)
    if all_features.under_way(tx, org, call.now):
        raise handshake_constraint(
            "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
            "You can't issue new invitations to join an organization while it's in the process of enabling all "
            "features.",
        )
    waiting = handshakes.open_invitations(tx, org, call.now)
    key = handshakes.invited_key(kind, target)
    if any(handshakes.invited_key(row.body.target_type, row.body.target) == key for row in waiting):
        raise error("DuplicateHandshake", "A handshake with the same action and target already exists.")
    pending = sum(row.body.state == "IN_PROGRESS" for row in tx.page(CREATION, org.account))
    if tx.count(MEMBER, org.account, parent=None) + len(waiting) + pending >= quotas.accounts(call.runtime):
        raise handshake_constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", too_many_accounts())
    today = [row for row in handshakes.sent(tx, org) if row.body.requested > call.now - DAY]
    if sum(row.body.action == "INVITE" for row in today) >= max(
        quotas.INVITATIONS_A_DAY, quotas.accounts(call.runtime)
    ):
        raise handshake_constraint(
            "HANDSHAKE_RATE_LIMIT_EXCEEDED", "You have exceeded the number of handshakes that you can send in one day."
        )
    row = handshakes.offer(
        tx,
        org,
        "INVITE",
        call.now,
        quotas.INVITATION_LIFE,
        target_type=kind,
        target=target,
        notes=call.params.get("Notes"),
        tags=given,
    )
    return {"Handshake": handshakes.shown(call, tx, row)}


def _check_target(reader: Reader, org: Resource[Organization], kind: str, target: str) -> None:
    if kind == "EMAIL":
        name, at, domain = target.partition("@")
        if not name or not at or "." not in domain:
            raise invalid("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address.")
        found = by_email(reader, target)
    else:
        found = account(reader, target)
        if found is None or found.body.status != "ACTIVE":
            raise invalid("TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
    if found is not None and tree.member(reader, org, found.id) is not None:
        raise handshake_constraint(
            "ALREADY_IN_AN_ORGANIZATION", "The specified account is already a member of your organization."
        )


@operation("organizations", "AcceptHandshake", access="write")
def accept_handshake(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _to_answer(call, tx)
    org = handshakes.organization_of(tx, row)
    row = handshakes.end(tx, row, "ACCEPTED", call.now)
    if row.body.action == "INVITE":
        _join(call, tx, org, row)
    else:
        all_features.answered(call, tx, org, row)
    return {"Handshake": handshakes.shown(call, tx, row)}


def _join(call: Call, tx: Transaction, org: Resource[Organization], row: Resource[Handshake]) -> None:
    before = standing_of(tx, call.account)
    if before is not None:
        if before.org.id == org.id:
            raise handshake_constraint(
                "ALREADY_IN_AN_ORGANIZATION", "The account is already a member of the organization."
            )
        # An account may go from one organization to another without standing alone in between.
        check_departure(call, tx, before.member)
        depart(tx, before.org, before.member, call.now)
    if tx.count(MEMBER, org.account, parent=None) >= quotas.accounts(call.runtime):
        raise handshake_constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", too_many_accounts())
    joined = Member(organization=org.id, method="INVITED", joined=call.now, tags=row.body.tags)
    join(tx, org, call.account, joined)
    make_service_linked_role(tx, call.partition, call.account, SERVICE, now=call.now)


@operation("organizations", "DeclineHandshake", access="write")
def decline_handshake(call: Call, tx: Transaction) -> dict[str, Any]:
    row = handshakes.end(tx, _to_answer(call, tx), "DECLINED", call.now)
    return {"Handshake": handshakes.shown(call, tx, row)}


@operation("organizations", "CancelHandshake", access="write")
def cancel_handshake(call: Call, tx: Transaction) -> dict[str, Any]:
    row = handshakes.find(call, tx)
    if row.account != call.account:
        if handshakes.is_recipient(call, tx, row):
            raise denied()
        raise handshakes.handshake_not_found()
    row = handshakes.end(tx, row, "CANCELED", call.now)
    all_features.canceled(call, tx, row)
    return {"Handshake": handshakes.shown(call, tx, row)}


def _to_answer(call: Call, tx: Transaction) -> Resource[Handshake]:
    """The call's handshake, if the caller's account is the one to answer it."""
    row = handshakes.find(call, tx)
    to_management = row.body.action == "APPROVE_ALL_FEATURES"
    if to_management and row.account == call.account:
        return row
    if not to_management and handshakes.is_recipient(call, tx, row):
        return row
    if row.account == call.account:
        raise denied()
    raise handshakes.handshake_not_found()
