"""Keys are rotated often enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.keys import rotatable, unread
from garrison.checks.snapshot import Snapshot

LONGEST = 365
"""Days. KMS takes 90 to 2,560, and 365 where nothing is said."""


@check(
    "kms.rotation-period",
    "Symmetric keys that are rotated by themselves are rotated every 365 days at least",
    severity="low",
    cells=("kms/encryption/customer", "*/encryption/customer"),
    needs=("keys",),
    why="Rotation every seven years is rotation in name.",
)
def rotation_period(account: Snapshot) -> Iterator[Outcome]:
    def test(key: dict[str, Any]) -> Outcome | None:
        days = int(key["Rotation"].get("RotationPeriodInDays") or LONGEST)
        if days <= LONGEST:
            return None
        command = aws("kms", "enable-key-rotation", region=key["Region"], key_id=key["KeyId"],
                      rotation_period_in_days=LONGEST)  # fmt: skip
        fix = Fix((command,), account.account)
        return failed(key["Arn"], f"the key is rotated every {days} days", {"days": days}, fix=fix)

    keys = [key for key in rotatable(account) if (key["Rotation"] or {}).get("KeyRotationEnabled")]
    yield from unread(account, "Rotation")
    yield from each(account, keys, test, "symmetric keys that are rotated")
