"""Members of an administrator: added, watched, left alone, removed.

Source: API reference of each operation; user guide, "Managing multiple accounts". What cannot be done for one account
is told in `UnprocessedAccounts`, not as an error of the call; those sentences are guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from garrison.access.call import Call
from garrison.detect.finding import iso
from garrison.services.guardduty import organization_settings as settings
from garrison.services.guardduty import ties
from garrison.services.guardduty.detectors import load, of
from garrison.services.guardduty.errors import limit, rejected
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.resources import Detector
from garrison.services.guardduty.standing import (
    ASSOCIATED,
    CREATED,
    DISABLED,
    ENABLED,
    INVITED,
    MEMBER,
    Member,
    administered_by,
)
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

MOST = 50_000
AT_ONCE = 50
_EMAIL = re.compile(r"[^@\s]{1,63}@[^@\s]{1,63}")

Each = Callable[[str], str | None]
"""Does something for one account; why not, if it could not be done."""


def each(accounts: list[str], do: Each) -> dict[str, Any]:
    """Do something for several accounts, and tell of those for which it could not be done."""
    if not 1 <= len(accounts) <= AT_ONCE:
        raise rejected(f"the input accountIds does not have 1 to {AT_ONCE} accounts.")
    unprocessed = []
    for account in dict.fromkeys(accounts):
        why = do(account)
        if why is not None:
            unprocessed.append({"AccountId": account, "Result": f"The request is rejected because {why}"})
    return {"UnprocessedAccounts": unprocessed}


def administrator(call: Call, reader: Reader) -> Resource[Detector]:
    """The caller's detector, if it may have members: an account that has an administrator may not."""
    row = load(call, reader)
    if administered_by(reader, row.account, row.region) is not None:
        raise rejected("the current account is already associated with another administrator account.")
    return row


def find(reader: Reader, detector: Resource[Detector], account: str) -> Resource[Member] | None:
    """A member of an administrator, by its account."""
    return reader.get(MEMBER, detector.account, account, region=detector.region)


NOT_MEMBER = "the given account ID is not a member of the current account."


@operation("guardduty", "CreateMembers", access="write")
def create_members(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = administrator(call, tx)
    emails = {one["AccountId"]: one["Email"] for one in call.params["AccountDetails"]}
    if tx.count(MEMBER, detector.account, region=detector.region) + len(emails) > MOST:
        raise limit("members", MOST)
    own = settings.organization_of(tx, detector)

    def create(account: str) -> str | None:
        if account == detector.account:
            return "the given account ID is the current account."
        if not _EMAIL.fullmatch(emails[account]) or len(emails[account]) > 64:
            return "an invalid email address is specified."
        there = administered_by(tx, account, detector.region)
        if there is not None and there.name != detector.account:
            return "the given account ID is already a member of another account."
        row = find(tx, detector, account)
        if row is not None and row.body.status in ASSOCIATED | {INVITED, CREATED}:
            return "the given account ID is already associated to the current account."
        if account in own:
            settings.enroll(tx, call.partition, detector, account, emails[account], now=call.now)
            return None
        body = Member(emails[account])
        if row is None:
            id = f"{detector.account}/{detector.region}/{account}"
            tx.insert(MEMBER, detector.account, account, body, id=id, region=detector.region, created=call.now)
        else:
            tx.update(row, body, updated=call.now)
        return None

    return each(list(emails), create)


def _shown(reader: Reader, row: Resource[Member]) -> dict[str, Any]:
    theirs = of(reader, row.name, row.region)
    shown = {
        "AccountId": row.name,
        "MasterId": row.account,
        "AdministratorId": row.account,
        "Email": row.body.email,
        "RelationshipStatus": row.body.status,
        "UpdatedAt": iso(row.updated),
    }
    if row.body.invited:
        shown["InvitedAt"] = iso(row.body.invited)
    if theirs is not None and row.body.status in ASSOCIATED:
        shown["DetectorId"] = theirs.id
    return shown


@operation("guardduty", "GetMembers", access="read")
def get_members(call: Call, reader: Reader) -> dict[str, Any]:
    detector = load(call, reader)
    members: list[dict[str, Any]] = []

    def get(account: str) -> str | None:
        row = find(reader, detector, account)
        if row is None:
            return NOT_MEMBER
        members.append(_shown(reader, row))
        return None

    return {**each(call.params["AccountIds"], get), "Members": members}


@operation("guardduty", "ListMembers", access="read")
def list_members(call: Call, reader: Reader) -> dict[str, Any]:
    detector = load(call, reader)
    # Without the parameter, those associated are listed (recalled from other services' like operations).
    chosen = call.params.get("OnlyAssociated", "true").lower()
    if chosen not in ("true", "false"):
        raise rejected("the input onlyAssociated is neither true nor false.")
    wanted = ASSOCIATED | {INVITED} if chosen == "true" else None
    rows = reader.page(MEMBER, detector.account, region=detector.region)
    rows = [row for row in rows if wanted is None or row.body.status in wanted]
    shown, rest = page(call, rows, key=lambda row: row.name)
    return {"Members": [_shown(reader, row) for row in shown], **rest}


@operation("guardduty", "DeleteMembers", access="write")
def delete_members(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = load(call, tx)

    def delete(account: str) -> str | None:
        row = find(tx, detector, account)
        if row is None:
            return NOT_MEMBER
        if row.body.status in ASSOCIATED and settings.keeps_all(detector):
            return settings.KEPT
        ties.cut(tx, row, None, now=call.now)
        return None

    return each(call.params["AccountIds"], delete)


@operation("guardduty", "DisassociateMembers", access="write")
def disassociate_members(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = load(call, tx)

    def disassociate(account: str) -> str | None:
        row = find(tx, detector, account)
        if row is None or row.body.status not in ASSOCIATED | {INVITED}:
            return NOT_MEMBER
        if settings.keeps_all(detector):
            return settings.KEPT
        ties.cut(tx, row, "Removed", now=call.now)
        return None

    return each(call.params["AccountIds"], disassociate)


def _monitoring(call: Call, tx: Transaction, before: str, after: str) -> dict[str, Any]:
    detector = load(call, tx)

    def change(account: str) -> str | None:
        row = find(tx, detector, account)
        if row is None or row.body.status not in ASSOCIATED:
            return NOT_MEMBER
        if after == DISABLED and settings.keeps_all(detector):
            return settings.KEPT
        if row.body.status == before:
            ties.turn(tx, row, after, now=call.now)
        return None

    return each(call.params["AccountIds"], change)


@operation("guardduty", "StartMonitoringMembers", access="write")
def start_monitoring_members(call: Call, tx: Transaction) -> dict[str, Any]:
    return _monitoring(call, tx, DISABLED, ENABLED)


@operation("guardduty", "StopMonitoringMembers", access="write")
def stop_monitoring_members(call: Call, tx: Transaction) -> dict[str, Any]:
    return _monitoring(call, tx, ENABLED, DISABLED)
