"""Keys are rotated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.keys import rotatable, unread
from garrison.checks.snapshot import Snapshot


@check(
    "kms.rotation",
    "Symmetric keys are rotated by themselves",
    severity="medium",
    cells=("kms/encryption/customer", "*/encryption/customer"),
    needs=("keys",),
    why="The less one key encrypts, the less is lost with it.",
)
def rotation(account: Snapshot) -> Iterator[Outcome]:
    def test(key: dict[str, Any]) -> Outcome | None:
        if (key["Rotation"] or {}).get("KeyRotationEnabled"):
            return None
        command = aws("kms", "enable-key-rotation", region=key["Region"], key_id=key["KeyId"])
        observed = {"KeyRotationEnabled": False, "aliases": key["Aliases"]}
        return failed(key["Arn"], "the key is not rotated", observed, fix=Fix((command,), account.account))

    yield from unread(account, "Rotation")
    yield from each(account, rotatable(account), test, "symmetric keys made by KMS")
