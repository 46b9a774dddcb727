"""Long-term access keys of users and of root."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.aws import ids
from garrison.aws.errors import AwsError
from garrison.services.iam import quotas
from garrison.services.iam.errors import over_quota
from garrison.services.iam.last_used import latest
from garrison.services.iam.paging import page
from garrison.services.iam.resources import ACCESS_KEY, EPOCH, USER, AccessKey
from garrison.services.iam.subject import Subject, subject
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

PURPOSE = "access-key"
"""What secrets are sealed for."""


def mint(runtime: Runtime, tx: Transaction, account: str, owner_id: str, now: float) -> tuple[Resource[AccessKey], str]:
    """A new key of a user (by id) or of root (by account id), and its secret. Raises `LimitExceeded`."""
    if tx.count(ACCESS_KEY, account, parent=owner_id) >= quotas.ACCESS_KEYS_PER_USER:
        raise over_quota("AccessKeysPerUser", quotas.ACCESS_KEYS_PER_USER)
    secret = ids.secret_access_key()
    return keep(runtime, tx, account, owner_id, ids.access_key_id(account), secret, now), secret


def keep(
    runtime: Runtime, tx: Transaction, account: str, owner_id: str, key_id: str, secret: str, now: float
) -> Resource[AccessKey]:
    """Store a key whose id and secret are chosen already. Raises `AlreadyExists`."""
    body = AccessKey(sealed_secret=runtime.seal.seal(PURPOSE, secret.encode(), key_id))
    row = tx.insert(ACCESS_KEY, account, key_id, body, id=key_id, parent=owner_id, created=now)
    tx.bump(EPOCH, account)
    return row


def _shown(who: Subject, row: Resource[AccessKey]) -> dict[str, Any]:
    return {**who.named, "AccessKeyId": row.id, "Status": row.body.status, "CreateDate": row.created}


@operation("iam", "CreateAccessKey", access="write")
def create_access_key(call: Call, tx: Transaction) -> dict[str, Any]:
    who = subject(call, tx)
    row, secret = mint(call.runtime, tx, call.account, who.id, call.now)
    return {"AccessKey": {**_shown(who, row), "SecretAccessKey": secret}}


@operation("iam", "ListAccessKeys", access="read")
def list_access_keys(call: Call, reader: Reader) -> dict[str, Any]:
    who = subject(call, reader)
    rows, end = page(call, reader, ACCESS_KEY, parent=who.id)
    return {"AccessKeyMetadata": [_shown(who, row) for row in rows], **end}


@operation("iam", "UpdateAccessKey", access="write")
def update_access_key(call: Call, tx: Transaction) -> None:
    row = _key(call, tx)
    status = call.params["Status"]
    if status == "Expired":
        # The model lists it among the statuses, but only AWS expires keys. The text is a guess.
        raise AwsError("InvalidInput", "The status of an access key can be set to Active or Inactive only.")
    tx.update(row, msgspec.structs.replace(row.body, status=status), updated=call.now)
    tx.bump(EPOCH, call.account)


@operation("iam", "DeleteAccessKey", access="write")
def delete_access_key(call: Call, tx: Transaction) -> None:
    tx.delete(_key(call, tx))
    tx.bump(EPOCH, call.account)


def _key(call: Call, tx: Transaction) -> Resource[AccessKey]:
    key_id = call.params["AccessKeyId"]
    who = subject(call, tx)
    row = tx.by_id(ACCESS_KEY, key_id)
    if row is None or row.parent != who.id or row.account != call.account:
        raise AwsError("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.")
    return row


@operation("iam", "GetAccessKeyLastUsed", access="read")
def get_access_key_last_used(call: Call, reader: Reader) -> dict[str, Any]:
    key_id = call.params["AccessKeyId"]
    row = reader.by_id(ACCESS_KEY, key_id)
    if row is None or row.account != call.account:
        # Whether a key exists elsewhere is not told: deleted, unknown and foreign keys are refused alike. Recalled.
        raise AwsError(
            "AccessDenied",
            f"User: {call.caller.principal.arn} is not authorized to perform: iam:GetAccessKeyLastUsed "
            f"on resource: access key {key_id}",
            status=403,
        )
    user = reader.by_id(USER, row.parent)
    used = latest(call.runtime, row)
    last: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if used is not None:
        last = {"LastUsedDate": used.date, "ServiceName": used.service, "Region": used.region}
    return {**({} if user is None else {"UserName": user.name}), "AccessKeyLastUsed": last}
