"""Invitations: an administrator sends them, an account accepts, declines or forgets them, and leaves again.

The older operations of "masters" are the same under their old names. Source: API reference of each operation.
An address is verified as AWS says it does: one that is not the account's ends in `EmailVerificationFailed`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.accounts import account as account_row
from garrison.access.call import Call
from garrison.detect.finding import iso
from garrison.services.guardduty import organization_settings as settings
from garrison.services.guardduty import ties
from garrison.services.guardduty.detectors import load, of
from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.members import NOT_MEMBER, administrator, each, find
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.standing import (
    ASSOCIATED,
    ENABLED,
    INVITATION,
    INVITED,
    RESIGNED,
    Invitation,
    administered_by,
    standing_members,
)
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

_NO_INVITATION = "there is no invitation from the given account ID."


@operation("guardduty", "InviteMembers", access="write")
def invite_members(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = administrator(call, tx)

    def invite(account: str) -> str | None:
        row = find(tx, detector, account)
        if row is None:
            return NOT_MEMBER
        if row.body.status in ASSOCIATED:
            return "the given account ID is already associated to the current account."
        known = account_row(tx, account)
        if known is None or known.body.email.lower() != row.body.email.lower():
            tx.update(row, msgspec.structs.replace(row.body, status="EmailVerificationFailed"), updated=call.now)
            return None
        ties.invite(tx, row, now=call.now)
        return None

    return each(call.params["AccountIds"], invite)


def _open(call: Call, reader: Reader) -> list[Resource[Invitation]]:
    rows = reader.page(INVITATION, call.account, region=call.region)
    return [row for row in rows if row.body.status == INVITED]


def _shown(row: Resource[Invitation]) -> dict[str, Any]:
    shown = {"AccountId": row.name, "RelationshipStatus": row.body.status}
    if row.body.id:
        shown |= {"InvitationId": row.body.id, "InvitedAt": iso(row.body.invited)}
    return shown


@operation("guardduty", "ListInvitations", access="read")
def list_invitations(call: Call, reader: Reader) -> dict[str, Any]:
    shown, rest = page(call, _open(call, reader), key=lambda row: row.name)
    return {"Invitations": [_shown(row) for row in shown], **rest}


@operation("guardduty", "GetInvitationsCount", access="read")
def get_invitations_count(call: Call, reader: Reader) -> dict[str, Any]:
    return {"InvitationsCount": len(_open(call, reader))}


def _accept(call: Call, tx: Transaction, account: str) -> dict[str, Any]:
    detector = load(call, tx)
    if administered_by(tx, detector.account, detector.region) is not None:
        raise rejected("the current account is already associated with an administrator account.")
    if standing_members(tx, detector):
        raise rejected("the current account cannot accept an invitation while it has invited or associated members.")
    row = tx.get(INVITATION, call.account, account, region=call.region)
    if row is None or row.body.status != INVITED or row.body.id != call.params["InvitationId"]:
        raise rejected("the input invitationId is not owned by the current account.")
    member = ties.member_of(tx, row)
    if member is None:
        raise rejected(_NO_INVITATION)
    ties.turn(tx, member, ENABLED, now=call.now)
    return {}


@operation("guardduty", "AcceptAdministratorInvitation", access="write")
def accept_administrator_invitation(call: Call, tx: Transaction) -> dict[str, Any]:
    return _accept(call, tx, call.params["AdministratorId"])


@operation("guardduty", "AcceptInvitation", access="write")
def accept_invitation(call: Call, tx: Transaction) -> dict[str, Any]:
    return _accept(call, tx, call.params["MasterId"])


def _refuse(call: Call, tx: Transaction) -> dict[str, Any]:
    def refuse(account: str) -> str | None:
        row = tx.get(INVITATION, call.account, account, region=call.region)
        if row is None or row.body.status != INVITED:
            return _NO_INVITATION
        member = ties.member_of(tx, row)
        if member is None:
            tx.delete(row)
        else:
            ties.cut(tx, member, RESIGNED, now=call.now)
        return None

    return each(call.params["AccountIds"], refuse)


@operation("guardduty", "DeclineInvitations", access="write")
def decline_invitations(call: Call, tx: Transaction) -> dict[str, Any]:
    return _refuse(call, tx)


@operation("guardduty", "DeleteInvitations", access="write")
def delete_invitations(call: Call, tx: Transaction) -> dict[str, Any]:
    return _refuse(call, tx)


def _administrator(call: Call, reader: Reader) -> dict[str, Any] | None:
    detector = load(call, reader)
    row = administered_by(reader, detector.account, detector.region)
    return None if row is None else _shown(row)


@operation("guardduty", "GetAdministratorAccount", access="read")
def get_administrator_account(call: Call, reader: Reader) -> dict[str, Any]:
    found = _administrator(call, reader)
    return {} if found is None else {"Administrator": found}


@operation("guardduty", "GetMasterAccount", access="read")
def get_master_account(call: Call, reader: Reader) -> dict[str, Any]:
    found = _administrator(call, reader)
    return {} if found is None else {"Master": found}


def _leave(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = load(call, tx)
    row = administered_by(tx, detector.account, detector.region)
    member = None if row is None else ties.member_of(tx, row)
    if row is None or member is None:
        raise rejected("the current account is not associated with an administrator account.")
    theirs = of(tx, row.name, call.region)
    if theirs is not None and settings.keeps_all(theirs):
        raise rejected(settings.KEPT)
    ties.cut(tx, member, RESIGNED, now=call.now)
    return {}


@operation("guardduty", "DisassociateFromAdministratorAccount", access="write")
def disassociate_from_administrator_account(call: Call, tx: Transaction) -> dict[str, Any]:
    return _leave(call, tx)


@operation("guardduty", "DisassociateFromMasterAccount", access="write")
def disassociate_from_master_account(call: Call, tx: Transaction) -> dict[str, Any]:
    return _leave(call, tx)
