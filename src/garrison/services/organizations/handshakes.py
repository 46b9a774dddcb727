"""Handshakes as they are stored, looked up and shown; what they lead to is in `invitations` and `all_features`."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.accounts import account
from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.services.organizations import ids, quotas
from garrison.services.organizations.arns import arn
from garrison.services.organizations.errors import error, invalid, not_found
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import (
    HANDSHAKE,
    INVITED,
    NAME,
    ORGANIZATION,
    Handshake,
    Organization,
)
from garrison.services.organizations.standing import standing_of, viewer
from garrison.store import Reader, Resource, Transaction

PENDING = ("REQUESTED", "OPEN")


def state(row: Resource[Handshake], now: float) -> str:
    """The state a handshake is in by now."""
    return "EXPIRED" if row.body.state in PENDING and now >= row.body.expires else row.body.state


def visible(row: Resource[Handshake], now: float) -> bool:
    """Ended ones are shown for thirty days, and then forgotten (API reference, ListHandshakesForAccount)."""
    ended = row.body.ended
    if ended is None and state(row, now) == "EXPIRED":
        ended = row.body.expires
    return ended is None or now < ended + quotas.HANDSHAKE_SHOWN


def organization_of(reader: Reader, row: Resource[Handshake]) -> Resource[Organization]:
    """The organization that sent it."""
    org = reader.get(ORGANIZATION, row.account, NAME)
    assert org is not None
    return org


def invited_key(target_type: str, target: str) -> str:
    """What a handshake's target is looked up by."""
    return f"email:{target.lower()}" if target_type == "EMAIL" else target


def received(reader: Reader, account_id: str) -> list[Resource[Handshake]]:
    """Every handshake sent to an account, by its id or its e-mail address."""
    keys = [account_id]
    row = account(reader, account_id)
    if row is not None and row.body.email:
        keys.append(invited_key("EMAIL", row.body.email))
    links = [link for key in keys for link in reader.sources(INVITED, key)]
    rows = [reader.by_id(HANDSHAKE, link.source) for link in links]
    return [row for row in rows if row is not None]


def sent(reader: Reader, org: Resource[Organization]) -> list[Resource[Handshake]]:
    """Every handshake of the organization."""
    return reader.page(HANDSHAKE, org.account)


def open_invitations(reader: Reader, org: Resource[Organization], now: float) -> list[Resource[Handshake]]:
    """Invitations that may still be accepted."""
    return [row for row in sent(reader, org) if row.body.action == "INVITE" and state(row, now) in PENDING]


def offer(
    tx: Transaction,
    org: Resource[Organization],
    action: str,
    now: float,
    life: float,
    *,
    target_type: str = "ORGANIZATION",
    target: str = "",
    notes: str | None = None,
    tags: dict[str, str] | None = None,
    parent: str | None = None,
) -> Resource[Handshake]:
    """Send a handshake: to an account or e-mail address, or to the organization itself."""
    body = Handshake(
        organization=org.id,
        action=action,
        requested=now,
        expires=now + life,
        target_type=target_type,
        target=target or org.id,
        notes=notes,
        tags=tags or {},
        parent=parent,
    )
    id = ids.handshake_id()
    row = tx.insert(HANDSHAKE, org.account, id, body, id=id, created=now)
    if target_type != "ORGANIZATION":
        tx.link(INVITED, org.account, id, invited_key(target_type, target))
    return row


def end(tx: Transaction, row: Resource[Handshake], new: str, now: float) -> Resource[Handshake]:
    """Bring a handshake to its last state. Raises what keeps it from that."""
    current = state(row, now)
    if current == new:
        raise error("HandshakeAlreadyInState", "The specified handshake is already in the requested state.")
    if current not in PENDING:
        raise error(
            "InvalidHandshakeTransition", "You can't perform the operation on the handshake in its current state."
        )
    return tx.update(row, msgspec.structs.replace(row.body, state=new, ended=now))


def find(call: Call, reader: Reader) -> Resource[Handshake]:
    """The call's handshake. Raises `HandshakeNotFoundException`."""
    row = reader.by_id(HANDSHAKE, call.params["HandshakeId"])
    if row is None or not visible(row, call.now):
        raise handshake_not_found()
    return row


def handshake_not_found() -> AwsError:
    return not_found("Handshake", "a handshake")


def is_recipient(call: Call, reader: Reader, row: Resource[Handshake]) -> bool:
    """Whether the caller's account is the one that is to answer."""
    return any(one.id == row.id for one in received(reader, call.account))


def shown(call: Call, reader: Reader, row: Resource[Handshake]) -> dict[str, Any]:
    """A handshake as answers show it."""
    body = row.body
    org = organization_of(reader, row)
    parties = [{"Id": org.id, "Type": "ORGANIZATION"}]
    resources: list[dict[str, Any]] = [{"Type": "ORGANIZATION", "Value": org.id}]
    if body.target_type != "ORGANIZATION":
        parties.append({"Id": body.target, "Type": body.target_type})
        sender = account(reader, org.account)
        about = [{"Type": "ORGANIZATION_FEATURE_SET", "Value": org.body.feature_set}]
        if sender is not None:
            about = [
                {"Type": "MASTER_EMAIL", "Value": sender.body.email},
                {"Type": "MASTER_NAME", "Value": sender.body.name},
                *about,
            ]
        resources[0]["Resources"] = about
        resources.append({"Type": body.target_type, "Value": body.target})
    if body.notes is not None:
        resources.append({"Type": "NOTES", "Value": body.notes})
    if body.parent is not None:
        resources.append({"Type": "PARENT_HANDSHAKE", "Value": body.parent})
    return {
        "Id": row.id,
        "Arn": arn(call.partition, org, "handshake", f"{body.action.lower()}/{row.id}"),
        "Parties": parties,
        "State": state(row, call.now),
        "RequestedTimestamp": body.requested,
        "ExpirationTimestamp": body.expires,
        "Action": body.action,
        "Resources": resources,
    }


@operation("organizations", "DescribeHandshake", access="read")
def describe_handshake(call: Call, reader: Reader) -> dict[str, Any]:
    row = find(call, reader)
    mine = standing_of(reader, call.account)
    sender = mine is not None and mine.org.account == row.account and (mine.management or mine.member.body.delegated)
    if not sender and not is_recipient(call, reader, row):
        raise handshake_not_found()
    return {"Handshake": shown(call, reader, row)}


def _listed(call: Call, reader: Reader, rows: list[Resource[Handshake]]) -> dict[str, Any]:
    asked = call.params.get("Filter") or {}
    if "ActionType" in asked and "ParentHandshakeId" in asked:
        raise invalid("MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter parameter for the operation.")
    kept = [
        row
        for row in rows
        if visible(row, call.now)
        and asked.get("ActionType") in (None, row.body.action)
        and asked.get("ParentHandshakeId") in (None, row.body.parent)
    ]
    some, rest = page(call, kept, key=lambda row: row.id)
    return {"Handshakes": [shown(call, reader, row) for row in some], **rest}


@operation("organizations", "ListHandshakesForAccount", access="read")
def list_handshakes_for_account(call: Call, reader: Reader) -> dict[str, Any]:
    return _listed(call, reader, received(reader, call.account))


@operation("organizations", "ListHandshakesForOrganization", access="read")
def list_handshakes_for_organization(call: Call, reader: Reader) -> dict[str, Any]:
    return _listed(call, reader, sent(reader, viewer(call, reader)))
