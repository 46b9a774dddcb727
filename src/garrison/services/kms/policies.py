"""GetKeyPolicy, PutKeyPolicy, ListKeyPolicies."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.kms import key_policy, rows
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.errors import error
from garrison.services.kms.located import EPOCH, arn_of, key_context, key_named
from garrison.services.kms.paging import after, limit, page
from garrison.store import Reader, Transaction


@kms_operation("GetKeyPolicy", access="read")
def get_key_policy(call: Call, reader: Reader) -> dict[str, Any]:
    row = key_named(call, reader, call.params["KeyId"], aliases=False)
    _only_default(call)
    return {"Policy": key_policy.shown(call, reader, row.body.policy), "PolicyName": key_policy.NAME}


@kms_operation("PutKeyPolicy", access="write")
def put_key_policy(call: Call, tx: Transaction) -> None:
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    _only_default(call)
    stored = key_policy.accepted(call, tx, call.params["Policy"])
    context = key_context(row.body, row)
    key_policy.refuse_lock_out(call, tx, stored, arn_of(row, call.partition), context, row.body.tags)
    rows.update(call.runtime, tx, row, msgspec.structs.replace(row.body, policy=stored))
    tx.bump(EPOCH, row.account)


@kms_operation("ListKeyPolicies", access="read")
def list_key_policies(call: Call, reader: Reader) -> dict[str, Any]:
    key_named(call, reader, call.params["KeyId"], aliases=False)
    names = [name for name in (key_policy.NAME,) if name > after(call)]
    return page(call, "PolicyNames", names, limit(call, 100, 1000), str, str)


def _only_default(call: Call) -> None:
    if call.params.get("PolicyName", key_policy.NAME) != key_policy.NAME:
        raise error("NotFound", "No such policy exists")
