"""The KMS keys that code snippets are encrypted under."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.inspector2.destinations import Undeliverable, usable
from garrison.services.inspector2.errors import invalid, not_found
from garrison.services.inspector2.state import keep, needed
from garrison.services.operation import operation
from garrison.store import Reader, Transaction


def _what(call: Call) -> str:
    return f"{call.params['scanType']}/{call.params['resourceType']}"


@operation("inspector2", "GetEncryptionKey", access="read")
def get_encryption_key(call: Call, reader: Reader) -> dict[str, Any]:
    key = needed(call, reader).keys.get(_what(call))
    if key is None:
        raise not_found("No customer managed key is set: a key of AWS's own is used.")
    return {"kmsKeyId": key}


@operation("inspector2", "UpdateEncryptionKey", access="write")
def update_encryption_key(call: Call, tx: Transaction) -> dict[str, Any]:
    body = needed(call, tx)
    try:
        usable(call, tx, call.params["kmsKeyId"])
    except Undeliverable as e:
        raise invalid(e.text, "kmsKeyId") from None
    keys = {**body.keys, _what(call): call.params["kmsKeyId"]}
    keep(tx, call.account, call.region, msgspec.structs.replace(body, keys=keys), now=call.now)
    return {}


@operation("inspector2", "ResetEncryptionKey", access="write")
def reset_encryption_key(call: Call, tx: Transaction) -> dict[str, Any]:
    body = needed(call, tx)
    if _what(call) not in body.keys:
        raise not_found("No customer managed key is set.")
    keys = {what: key for what, key in body.keys.items() if what != _what(call)}
    keep(tx, call.account, call.region, msgspec.structs.replace(body, keys=keys), now=call.now)
    return {}
