"""What several checks of keys need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Outcome, Status
from garrison.checks.snapshot import Snapshot


def unread(account: Snapshot, what: str) -> Iterator[Outcome]:
    """One outcome for every key of which something may not be read: nobody knows about it."""
    for key in account.fact("keys"):
        why = key["NotRead"].get(what)
        if why is not None:
            yield Outcome(Status.NOT_AVAILABLE, key["Arn"], f"{what} of the key: {why}", {"not_read": what})


def with_policy(account: Snapshot) -> list[dict[str, Any]]:
    """Keys whose policy was read."""
    return [key for key in account.fact("keys") if key["Policy"] is not None]


def own_policy(account: str) -> str:
    """The key policy that leaves everything to the account's own policies, as KMS writes it for a new key."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})


def rotatable(account: Snapshot) -> list[dict[str, Any]]:
    """Symmetric keys made by KMS, which it can rotate by itself, of which that was read."""
    return [
        key
        for key in account.fact("keys")
        if key.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        and key.get("KeyUsage", "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT"
        and key.get("Origin", "AWS_KMS") == "AWS_KMS"
        and key.get("KeyState") == "Enabled"
        and "Rotation" not in key["NotRead"]
    ]
