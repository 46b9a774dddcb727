"""Who hears of new reports and of changed agreements: accounts whose settings say SUBSCRIBED, of what they may see.

An event is written in the transaction of what it tells, and goes out afterwards (`notifying`). Detail types:
EventBridge reference, "AWS Artifact events". What AWS puts into `detail` it does not document (a guess).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from garrison.access import telling
from garrison.access.accounts import account as account_row
from garrison.access.organization import membership
from garrison.access.runtime import Runtime
from garrison.services.artifact.resources import NOTICE, Notice
from garrison.store import Reader, Transaction

REPORT_UPDATE = "AWS Artifact Report Update"
AGREEMENT_UPDATE = "AWS Artifact Agreement Update"
AGREEMENT_STATUS = "AWS Artifact Agreement Status Changed"
EPOCH = "artifact-notices"
"""Epoch domain, under the empty account: bumped when somebody subscribes for the first time, or goes."""
_SUBSCRIBED = "artifact-subscribed"


def subscribe(tx: Transaction, account: str, wanted: bool) -> None:
    """Have an account hear of what changes, or no longer."""
    changed = (
        tx.link(_SUBSCRIBED, account, _SUBSCRIBED, account) if wanted else tx.unlink(_SUBSCRIBED, _SUBSCRIBED, account)
    )
    if changed:
        tx.bump(EPOCH, "")


def subscribers(reader: Reader) -> list[str]:
    """Accounts that want to hear."""
    return [link.target for link in reader.targets(_SUBSCRIBED, _SUBSCRIBED)]


def together(runtime: Runtime, reader: Reader, account: str, other: str) -> bool:
    """Whether two accounts are one, or members of one organization now."""
    if account == other:
        return True
    mine, theirs = (membership(runtime, reader, one) for one in (account, other))
    return mine is not None and theirs is not None and mine.id == theirs.id


def announce(
    runtime: Runtime, tx: Transaction, detail_type: str, detail: Mapping[str, Any], *,
    arn: str, region: str, now: float, concerns: Callable[[str], bool],
) -> None:  # fmt: skip
    """Leave an event for each subscriber it `concerns`."""
    for account in subscribers(tx):
        if not concerns(account):
            continue
        row, id = account_row(tx, account), str(uuid.uuid4())
        email = "" if row is None else row.body.email
        event = telling.event(
            id=id, source="aws.artifact", detail_type=detail_type, account=account, region=region, resources=(arn,),
            now=now, detail=dict(detail),
        )  # fmt: skip
        name = f"{int(now * 1000):014d}-{id}"
        tx.insert(NOTICE, "", name, Notice(event, (email,) if email else (), now), id=name, created=now)
