"""`POST /_garrison/accounts/close`: closing an account whoever's it is, which AWS has no operation for.

AWS closes an account at its own console, or by organizations:CloseAccount if it is a member; a management account only
once its organization has no other members. Here its members are closed with it.
"""

from __future__ import annotations

import msgspec

from garrison.access.accounts import SUSPENDED, account, suspend
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.services.organizations import attached
from garrison.services.organizations.resources import MEMBER
from garrison.store import Transaction


class Close(msgspec.Struct, forbid_unknown_fields=True):
    """The request."""

    account: str


def close(runtime: Runtime, tx: Transaction, asked: Close) -> list[str]:
    """Close an account, and the members of the organization it manages: which ones. Raises `AwsError`."""
    if asked.account == runtime.first_account:
        raise AwsError("Conflict", "The first account is not closed: it is this Garrison's own.", status=409)
    row = account(tx, asked.account)
    if row is None:
        raise AwsError("NoSuchEntity", f"There is no account {asked.account[:64]}.", status=404)
    if row.body.status == SUSPENDED:
        raise AwsError("AccountAlreadyClosed", "The account is already closed.", status=409)
    closed = [asked.account]
    now = runtime.clock.now()
    place = tx.by_id(MEMBER, asked.account)
    members = [] if place is None else tx.page(MEMBER, place.account, parent=None)
    if place is not None:
        for member in members if place.account == place.id else [place]:
            if member.body.closing is None and member.id != runtime.first_account:
                tx.update(member, msgspec.structs.replace(member.body, closing=now))
                closed.append(member.id)
        attached.bump(tx)
    closed = list(dict.fromkeys(closed))
    for one in closed:
        suspend(tx, one)
    return closed
