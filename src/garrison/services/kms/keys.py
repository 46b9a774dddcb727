"""CreateKey, DescribeKey, ListKeys, UpdateKeyDescription, EnableKey, DisableKey."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.keys.material import Place
from garrison.keys.specs import SLOW_SPECS, SPECS, SYMMETRIC_DEFAULT
from garrison.services.kms import custom_keys, key_policy, managed_keys, quotas, rotation, rows
from garrison.services.kms.answers import Later, kms_operation
from garrison.services.kms.domains import current_domain
from garrison.services.kms.errors import error, limit_exceeded, validation
from garrison.services.kms.grants import check_tokens
from garrison.services.kms.located import arn_of, key_context, key_named
from garrison.services.kms.metadata import metadata
from garrison.services.kms.paging import after, limit, page
from garrison.services.kms.resources import (
    AWS_CLOUDHSM,
    AWS_KMS,
    EXTERNAL,
    EXTERNAL_KEY_STORE,
    KEY,
    MATERIALS,
    Key,
    Material,
    row_id,
)
from garrison.services.kms.seed import wished_for
from garrison.services.kms.states import gone, require_state
from garrison.services.kms.tags import given
from garrison.store import AlreadyExists, Reader, Resource, Transaction
from garrison.trail.event import uuid4


class _Wanted(msgspec.Struct, frozen=True):
    spec: str
    usage: str
    origin: str
    store: str | None
    external_id: str | None


def _wanted(call: Call) -> _Wanted:
    """What kind of key is asked for. Raises `ValidationException`, `UnsupportedOperationException`."""
    params = call.params
    if "KeySpec" in params and "CustomerMasterKeySpec" in params:
        raise validation(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is "
            "deprecated."
        )
    spec = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or SYMMETRIC_DEFAULT
    usage = params.get("KeyUsage")
    if usage is None:
        if spec != SYMMETRIC_DEFAULT:
            raise validation("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
        usage = "ENCRYPT_DECRYPT"
    if spec not in SPECS:
        raise error("UnsupportedOperation", f"KeySpec {spec} is not supported in this Region.")
    if usage not in SPECS[spec].usages:
        raise validation(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    origin = params.get("Origin", AWS_KMS)
    store = params.get("CustomKeyStoreId")
    external_id = params.get("XksKeyId")
    elsewhere = origin in (AWS_CLOUDHSM, EXTERNAL_KEY_STORE)
    # The texts of these five are guesses; the rules are the API reference's, `CreateKey`.
    if elsewhere and store is None:
        raise validation(f"You must specify a CustomKeyStoreId for keys with Origin {origin}.")
    if store is not None and not elsewhere:
        raise validation(f"A CustomKeyStoreId is not valid for keys with Origin {origin}.")
    if (external_id is None) == (origin == EXTERNAL_KEY_STORE):
        raise validation("XksKeyId is required for, and only for, keys with Origin EXTERNAL_KEY_STORE.")
    if elsewhere and spec != SYMMETRIC_DEFAULT:
        raise error("UnsupportedOperation", f"KeySpec {spec} is not supported in custom key stores.")
    if elsewhere and params.get("MultiRegion"):
        raise error("UnsupportedOperation", "Multi-Region keys are not supported in custom key stores.")
    return _Wanted(spec, usage, origin, store, external_id)


def _prepare(call: Call, reader: Reader) -> bytes | None:
    """Key material that takes a while to make; for an external key, that the proxy knows it."""
    wanted = _wanted(call)
    if wanted.store is not None:
        custom_keys.look_up(call, reader, wanted.store, wanted.origin, wanted.external_id)
    if wanted.origin == EXTERNAL or wanted.spec not in SLOW_SPECS:
        return None
    return call.runtime.keys.new_secret(wanted.spec)


def new_key_id(*, multi_region: bool) -> str:
    """A new key's id."""
    return f"mrk-{os.urandom(16).hex()}" if multi_region else uuid4()


@kms_operation("CreateKey", access="write", prepare=_prepare)
def create_key(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    wanted = _wanted(call)
    tags = given(call)
    if tx.count(KEY, call.account, region=call.region) >= quotas.keys(call.runtime):
        raise limit_exceeded("You have exceeded the number of keys allowed.")  # the text is a guess
    multi_region = bool(params.get("MultiRegion"))
    key_id = new_key_id(multi_region=multi_region)
    known: bytes | None = None
    if call.runtime.development:
        key_id, known, tags = wished_for(key_id, tags, imported=wanted.origin == EXTERNAL)
    text = params.get("Policy") or key_policy.default(call.partition, call.account)
    policy = key_policy.accepted(call, tx, text)
    if wanted.store is not None:
        custom_keys.claim(call, tx, wanted.store, wanted.external_id, row_id(call.region, key_id))
    body = Key(
        spec=wanted.spec,
        usage=wanted.usage,
        policy=policy,
        origin=wanted.origin,
        description=params.get("Description", ""),
        tags=tags,
        multi_region=multi_region,
        primary=call.region if multi_region else None,
        regions=(call.region,) if multi_region else (),
        store=wanted.store,
        external_id=wanted.external_id,
    )
    row = insert(call, tx, key_id, body, call.prepared, known)
    if "Policy" in params:
        key_policy.refuse_lock_out(call, tx, policy, arn_of(row, call.partition), key_context(body, row), tags)
    return {"KeyMetadata": metadata(tx, row, call.partition, call.now)}


def insert(
    call: Call, tx: Transaction, key_id: str, body: Key, secret: bytes | None = None, known: bytes | None = None
) -> Resource[Key]:
    """Add a key, with fresh material (or what `new_secret` made) unless its material is to be imported.

    `known` is material that was wished for, in development.
    """
    if body.origin != EXTERNAL:
        place = Place(call.account, call.region, key_id, body.spec, body.usage, body.origin)
        domain = current_domain(call.runtime, tx, call.account, call.region, call.now)
        if known is None:
            sealed = call.runtime.keys.generate(place, domain, secret=secret)
        else:
            sealed = call.runtime.keys.adopt(place, domain, known, seeded=True)
        body = msgspec.structs.replace(body, materials=(Material(id=sealed.id, since=call.now, sealed=sealed),))
    try:
        made = rows.insert(
            call.runtime, tx, KEY, call.account, key_id, body,
            id=row_id(call.region, key_id), region=call.region, created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        # An id that was wished for may be another's, of whatever account.
        raise error("AlreadyExists", f"Key {key_id} already exists") from None
    for material in body.materials:
        tx.set_lookup(MATERIALS, f"{call.region}/{material.id}", made.id)
    return made


@kms_operation("DescribeKey", access="read")
def describe_key(call: Call, reader: Reader) -> dict[str, Any] | Later:
    check_tokens(call, reader)
    named = managed_keys.missing(call, reader, call.params["KeyId"])
    if named is not None:
        # The first to ask for an AWS managed key gets it made.
        alias = named
        return Later(
            lambda: _describe(call, call.runtime.store.writing(lambda tx: managed_keys.create(call, tx, alias)))
        )
    row = key_named(call, reader, call.params["KeyId"])
    return {"KeyMetadata": metadata(reader, row, call.partition, call.now)}


def _describe(call: Call, row: Resource[Key]) -> dict[str, Any]:
    with call.runtime.store.reading() as reader:
        return {"KeyMetadata": metadata(reader, row, call.partition, call.now)}


@kms_operation("ListKeys", access="read")
def list_keys(call: Call, reader: Reader) -> dict[str, Any]:
    size = limit(call, 100, 1000)
    if call.params.get("ResourceOwners", ["SELF"]) == ["OTHER_ACCOUNTS_VIA_RAM"]:
        # Nothing is shared: there is no Resource Access Manager here.
        return {"Keys": [], "Truncated": False}
    found = reader.page(KEY, call.account, region=call.region, after=after(call), limit=size + 1)
    answer = page(
        call, "Keys", found, size, lambda row: row.name,
        lambda row: None if gone(row.body, call.now) else {"KeyId": row.name, "KeyArn": arn_of(row, call.partition)},
    )  # fmt: skip
    answer["Keys"] = [entry for entry in answer["Keys"] if entry is not None]
    return answer


@kms_operation("UpdateKeyDescription", access="write")
def update_key_description(call: Call, tx: Transaction) -> None:
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    require_state(call, tx, row, arn_of(row, call.partition))
    rows.update(call.runtime, tx, row, msgspec.structs.replace(row.body, description=call.params["Description"]))


@kms_operation("EnableKey", access="write")
def enable_key(call: Call, tx: Transaction) -> None:
    _turn(call, tx, on=True)


@kms_operation("DisableKey", access="write")
def disable_key(call: Call, tx: Transaction) -> None:
    _turn(call, tx, on=False)


def _turn(call: Call, tx: Transaction, *, on: bool) -> None:
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    require_state(call, tx, row, arn_of(row, call.partition))
    if row.body.enabled != on:
        changed = rows.update(call.runtime, tx, row, msgspec.structs.replace(row.body, enabled=on))
        if on:
            rotation.rotate_if_due(call.runtime, tx, changed, call.now)
