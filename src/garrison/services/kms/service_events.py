"""Events of what KMS does by itself. Source: KMS developer guide, "Logging AWS KMS API calls with AWS CloudTrail"."""

from __future__ import annotations

from typing import Any

from garrison.access.runtime import Runtime
from garrison.services.kms.located import arn_of
from garrison.services.kms.resources import Key
from garrison.store import Resource, Transaction
from garrison.trail.service_event import service_entry


def record(
    runtime: Runtime,
    tx: Transaction,
    name: str,
    row: Resource[Key],
    now: float,
    *,
    additional: dict[str, Any] | None = None,
) -> None:
    """Append an event about a key (`RotateKey`) to its account's trail, in the transaction of what happened."""
    if runtime.trail is None:
        return
    arn = arn_of(row, runtime.partition)
    entry = service_entry(
        name,
        source="kms.amazonaws.com",
        account=row.account,
        region=row.region,
        now=now,
        details={"keyId": row.name},
        resources=[{"accountId": row.account, "type": "AWS::KMS::Key", "ARN": arn}],
        additional=additional,
    )
    runtime.trail.record_change(tx, entry)
