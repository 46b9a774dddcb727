"""What web ACLs, rule groups, IP sets and regex pattern sets share: names, lock tokens, tags, who uses them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.wafv2 import tags
from garrison.services.wafv2.errors import associated, duplicate, quota_exceeded, stale
from garrison.services.wafv2.paging import page
from garrison.services.wafv2.resources import ARN_KINDS, EPOCH, REFERS, Document, Entity
from garrison.services.wafv2.scope import Named, arn_of, named, scope_of
from garrison.store import AlreadyExists, Kind, Reader, Resource, Transaction
from garrison.waf.errors import nonexistent


def load(call: Call, reader: Reader, kind: Kind[Entity]) -> Resource[Entity]:
    """The entity that `Name`, `Id` and `Scope` name together. Raises `WAFNonexistentItemException`."""
    params = call.params
    row = reader.get(kind, call.account, params["Name"], region=call.region, parent=scope_of(call))
    if row is None or row.id != params["Id"]:
        raise nonexistent()
    return row


def at(reader: Reader, kind: Kind[Entity], name: Named) -> Resource[Entity] | None:
    """The entity of an ARN's parts, in whatever account."""
    row = reader.get(kind, name.account, name.name, region=name.region, parent=name.scope)
    return row if row is not None and row.id == name.id else None


def find(reader: Reader, arn: str) -> Resource[Entity] | None:
    """What an ARN names, if it is there."""
    parts = named(arn)
    kind = None if parts is None else ARN_KINDS.get(parts.word)
    return None if parts is None or kind is None else at(reader, kind, parts)


def by_arn(call: Call, reader: Reader, arn: str, kind: Kind[Entity] | None = None) -> Resource[Entity]:
    """What an ARN names in the caller's account. Raises `WAFNonexistentItemException`."""
    row = find(reader, arn)
    if row is None or row.account != call.account or (kind is not None and row.kind is not kind):
        raise nonexistent()
    return row


def create(
    call: Call,
    tx: Transaction,
    kind: Kind[Entity],
    document: Document,
    *,
    quota: int,
    capacity: int = 0,
    refers: Iterable[str] = (),
) -> dict[str, Any]:
    """A new entity, and the `Summary` AWS answers with. Raises for a taken name and a full account."""
    scope = scope_of(call)
    if tx.count(kind, call.account, region=call.region, parent=scope) >= quota:
        raise quota_exceeded()
    body = Entity(lock_token=str(uuid.uuid4()), document=document, tags=tags.given(call), capacity=capacity)
    try:
        row = tx.insert(
            kind, call.account, call.params["Name"], body,
            id=str(uuid.uuid4()), region=call.region, parent=scope, created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        raise duplicate() from None
    refer(tx, call.partition, row, refers)
    decides(tx, row)
    return {"Summary": summary(call, row)}


def replace(
    call: Call,
    tx: Transaction,
    row: Resource[Entity],
    document: Document,
    *,
    capacity: int | None = None,
    refers: Iterable[str] | None = None,
) -> dict[str, Any]:
    """Put another document in an entity's place, under a new lock token."""
    check_token(call, row)
    body = msgspec.structs.replace(
        row.body,
        lock_token=str(uuid.uuid4()),
        document=document,
        capacity=row.body.capacity if capacity is None else capacity,
    )
    row = tx.update(row, body, updated=call.now)
    if refers is not None:
        refer(tx, call.partition, row, refers)
    decides(tx, row)
    return {"NextLockToken": body.lock_token}


def rotate(tx: Transaction, row: Resource[Entity]) -> str:
    """A new lock token for something whose document stays."""
    token = str(uuid.uuid4())
    tx.update(row, msgspec.structs.replace(row.body, lock_token=token))
    return token


def delete(call: Call, tx: Transaction, kind: Kind[Entity]) -> Resource[Entity]:
    """Take an entity away. Raises `WAFAssociatedItemException` while another's rules name it."""
    row = load(call, tx, kind)
    check_token(call, row)
    arn = arn_of(call.partition, row)
    if tx.sources(REFERS, arn):
        raise associated()
    for link in tx.targets(REFERS, arn):
        tx.unlink(REFERS, arn, link.target)
    tx.delete(row)
    decides(tx, row)
    return row


def listed(call: Call, reader: Reader, kind: Kind[Entity], member: str) -> dict[str, Any]:
    """One page of an account's entities in a scope."""
    rows = reader.page(kind, call.account, region=call.region, parent=scope_of(call))
    shown, rest = page(call, rows, key=lambda row: row.name)
    return {member: [summary(call, row) for row in shown], **rest}


def summary(call: Call, row: Resource[Entity]) -> dict[str, Any]:
    """An entity as lists show it."""
    return {
        "Name": row.name,
        "Id": row.id,
        "Description": row.body.document.get("Description", ""),
        "LockToken": row.body.lock_token,
        "ARN": arn_of(call.partition, row),
    }


def check_token(call: Call, row: Resource[Entity]) -> None:
    """Raise `WAFOptimisticLockException` unless the call has seen the entity as it is."""
    if call.params["LockToken"] != row.body.lock_token:
        raise stale()


def decides(tx: Transaction, row: Resource[Any]) -> None:
    """Say that what inspection or authorization rests on has changed: documents inspect, tags authorize."""
    tx.bump(EPOCH, row.account)
    tx.bump("iam", row.account)


def refer(tx: Transaction, partition: str, row: Resource[Entity], refers: Iterable[str]) -> None:
    """Keep who names whom as the rules of a web ACL or group have it now."""
    arn = arn_of(partition, row)
    wanted = set(refers)
    for link in tx.targets(REFERS, arn):
        if link.target not in wanted:
            tx.unlink(REFERS, arn, link.target)
    for target in sorted(wanted):
        tx.link(REFERS, row.account, arn, target)
