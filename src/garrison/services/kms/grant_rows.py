"""Grants as rows: adding and taking away, with the links they are found by."""

from __future__ import annotations

import hashlib
import json
import os

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.kms import rows
from garrison.services.kms.located import EPOCH
from garrison.services.kms.resources import (
    GRANT,
    GRANT_NAMES,
    GRANTED,
    GRANTEES,
    RETIRABLE,
    Grant,
    Key,
    row_id,
)
from garrison.store import Reader, Resource, Transaction


def _identity(name: str | None, service: str | None) -> str | None:
    return f"service:{service}" if service is not None else name


def _name_key(key: Resource[Key], grant: Grant) -> str:
    """What makes two grants of one name the same grant: all that was asked for."""
    asked = msgspec.structs.asdict(grant) | {"operations": sorted(grant.operations), "mac": ""}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return f"{key.id}|{grant.name}|{digest}"


def same_name(call: Call, reader: Reader, key: Resource[Key], grant: Grant) -> Resource[Grant] | None:
    """The grant that was made by the very same request, name included."""
    if grant.name is None:
        return None
    id = reader.lookup(GRANT_NAMES, _name_key(key, grant))
    row = None if id is None else reader.by_id(GRANT, id)
    return None if row is None else rows.checked(call.runtime, row)


def insert(call: Call, tx: Transaction, key: Resource[Key], grant: Grant) -> Resource[Grant]:
    """Add a grant on a key."""
    grant_id = os.urandom(32).hex()
    row = rows.insert(
        call.runtime, tx, GRANT, key.account, grant_id, grant,
        id=row_id(key.region, grant_id), region=key.region, parent=key.id, created=call.now,
    )  # fmt: skip
    grantee = _identity(grant.grantee, grant.grantee_service)
    for operation in grant.operations:
        tx.link(GRANTED, key.account, f"{key.id}|{grantee}|{operation}", row.id)
    tx.link(GRANTEES, key.account, f"{key.id}|{grantee}", row.id)
    retiring = _identity(grant.retiring, grant.retiring_service)
    if retiring is not None:
        tx.link(RETIRABLE, key.account, retiring, row.id)
    if grant.name is not None:
        tx.set_lookup(GRANT_NAMES, _name_key(key, grant), row.id)
    tx.bump(EPOCH, key.account)
    return row


def remove(runtime: Runtime, tx: Transaction, key: Resource[Key], row: Resource[Grant]) -> None:
    """Take a grant away: from the next call on it allows nothing."""
    grant = row.body
    grantee = _identity(grant.grantee, grant.grantee_service)
    for operation in grant.operations:
        tx.unlink(GRANTED, f"{key.id}|{grantee}|{operation}", row.id)
    tx.unlink(GRANTEES, f"{key.id}|{grantee}", row.id)
    retiring = _identity(grant.retiring, grant.retiring_service)
    if retiring is not None:
        tx.unlink(RETIRABLE, retiring, row.id)
    if grant.name is not None:
        tx.delete_lookup(GRANT_NAMES, _name_key(key, grant))
    rows.delete(runtime, tx, row)
    tx.bump(EPOCH, key.account)


def remove_all(runtime: Runtime, tx: Transaction, key: Resource[Key]) -> None:
    """Take every grant of a key away."""
    for row in tx.page(GRANT, key.account, region=key.region, parent=key.id):
        remove(runtime, tx, key, row)
