"""ScheduleKeyDeletion, CancelKeyDeletion, and the deletion itself once the waiting period is over.

Source: KMS developer guide, "Deleting AWS KMS keys" and "Deleting multi-Region keys".
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.kms import custom_keys, due, multi_region, rows, service_events, usage
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.errors import validation
from garrison.services.kms.grant_rows import remove_all
from garrison.services.kms.located import EPOCH, arn_of, key_named
from garrison.services.kms.resources import ALIAS, KEY, MATERIALS, Key
from garrison.services.kms.states import PENDING_DELETION, PENDING_REPLICA_DELETION, gone, require_state
from garrison.store import Resource, Transaction

DAY = 86_400
DEFAULT_WINDOW = 30
_SHORTEST, _LONGEST = 7, 30

_window_text = (
    "1 validation error detected: Value '{}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have "
    "value {} than or equal to {}"
)


@kms_operation("ScheduleKeyDeletion", access="write")
def schedule_key_deletion(call: Call, tx: Transaction) -> dict[str, Any]:
    days = int(call.params.get("PendingWindowInDays", DEFAULT_WINDOW))
    if days < _SHORTEST:
        raise validation(_window_text.format(days, "greater", _SHORTEST))
    if days > _LONGEST:
        raise validation(_window_text.format(days, "less", _LONGEST))
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    require_state(call, tx, row, arn)
    body = row.body
    answer: dict[str, Any] = {"KeyId": arn, "PendingWindowInDays": days}
    if body.multi_region and body.primary == row.region and len(body.regions) > 1:
        # Its time begins when the last replica is gone.
        rows.update(call.runtime, tx, row, msgspec.structs.replace(body, window=days))
        return answer | {"KeyState": PENDING_REPLICA_DELETION}
    changed = start(call.runtime, tx, row, days, call.now)
    return answer | {"KeyState": PENDING_DELETION, "DeletionDate": changed.body.deletion}


def start(runtime: Runtime, tx: Transaction, row: Resource[Key], days: int, now: float) -> Resource[Key]:
    """Begin the waiting period of a key."""
    when = now + days * DAY
    changed = rows.update(runtime, tx, row, msgspec.structs.replace(row.body, window=days, deletion=when))
    due.at(tx, when, due.DELETE, row.id)
    return changed


@kms_operation("CancelKeyDeletion", access="write")
def cancel_key_deletion(call: Call, tx: Transaction) -> dict[str, Any]:
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    require_state(call, tx, row, arn)
    # It comes back disabled, so that nobody uses it by surprise.
    rows.update(call.runtime, tx, row, msgspec.structs.replace(row.body, window=None, deletion=None, enabled=False))
    return {"KeyId": arn}


def carry_out(runtime: Runtime, tx: Transaction, row: Resource[Key], now: float) -> None:
    """Delete a key whose waiting period is over: its material, its aliases, its grants, and the row itself."""
    if not gone(row.body, now):
        return
    for name in row.body.aliases:
        alias = tx.get(ALIAS, row.account, name, region=row.region)
        if alias is not None:
            rows.delete(runtime, tx, alias)
    remove_all(runtime, tx, row)
    for material in row.body.materials:
        tx.delete_lookup(MATERIALS, f"{row.region}/{material.id}")
    custom_keys.let_go(tx, row)
    usage.forget(tx, row)
    rows.delete(runtime, tx, row)
    tx.bump(EPOCH, row.account)
    service_events.record(runtime, tx, "DeleteKey", row, now)
    if row.body.multi_region:
        primary = multi_region.left(runtime, tx, row)
        if primary is not None and primary.body.window is not None and len(primary.body.regions) == 1:
            start(runtime, tx, primary, primary.body.window, now)


def find(tx: Transaction, id: str) -> Resource[Key] | None:
    """The key with that row id, whether or not its time is over."""
    return tx.by_id(KEY, id)
