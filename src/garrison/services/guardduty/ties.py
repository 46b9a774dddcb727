"""Ties between administrator and member: both rows of one always change together."""

from __future__ import annotations

import uuid

import msgspec

from garrison.services.guardduty.resources import EPOCH
from garrison.services.guardduty.standing import (
    INVITATION,
    INVITED,
    MEMBER,
    Invitation,
    Member,
)
from garrison.store import Reader, Resource, Transaction


def invitation(reader: Reader, row: Resource[Member]) -> Resource[Invitation] | None:
    """The member's side of a tie."""
    return reader.get(INVITATION, row.name, row.account, region=row.region)


def turn(tx: Transaction, row: Resource[Member], status: str, *, now: float) -> Resource[Member]:
    """Give a tie another status, on both sides."""
    theirs = invitation(tx, row)
    if theirs is not None:
        tx.update(theirs, msgspec.structs.replace(theirs.body, status=status), updated=now)
    tx.bump(EPOCH, "")
    return tx.update(row, msgspec.structs.replace(row.body, status=status), updated=now)


def invite(tx: Transaction, row: Resource[Member], *, now: float) -> None:
    """Tell the member's account that it is invited."""
    body = Invitation(uuid.uuid4().hex, INVITED, now)
    known = invitation(tx, row)
    if known is None:
        id = f"{row.name}/{row.region}/{row.account}"
        tx.insert(INVITATION, row.name, row.account, body, id=id, region=row.region, created=now)
    else:
        tx.update(known, body, updated=now)
    tx.update(row, msgspec.structs.replace(row.body, status=INVITED, invited=now), updated=now)


def bind(tx: Transaction, administrator: str, region: str, account: str, body: Member, *, now: float) -> None:
    """Tie an account to an administrator without asking it, as organizations do."""
    id = f"{administrator}/{region}/{account}"
    row = tx.get(MEMBER, administrator, account, region=region)
    if row is None:
        row = tx.insert(MEMBER, administrator, account, body, id=id, region=region, created=now)
    else:
        row = tx.update(row, body, updated=now)
    theirs = invitation(tx, row)
    tie = Invitation("", body.status)
    if theirs is None:
        id = f"{account}/{region}/{administrator}"
        tx.insert(INVITATION, account, administrator, tie, id=id, region=region, created=now)
    else:
        tx.update(theirs, tie, updated=now)
    tx.bump(EPOCH, "")


def cut(tx: Transaction, row: Resource[Member], status: str | None, *, now: float) -> None:
    """End a tie: the member forgets it, the administrator remembers `status` (None: nothing)."""
    theirs = invitation(tx, row)
    if theirs is not None:
        tx.delete(theirs)
    if status is None:
        tx.delete(row)
    else:
        tx.update(row, msgspec.structs.replace(row.body, status=status), updated=now)
    tx.bump(EPOCH, "")


def member_of(reader: Reader, tie: Resource[Invitation]) -> Resource[Member] | None:
    """The administrator's side of a tie."""
    return reader.get(MEMBER, tie.name, tie.account, region=tie.region)
