"""No key is about to go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "kms.pending-deletion",
    "No key is waiting to be deleted",
    severity="high",
    cells=("kms/encryption/customer", "*/data/customer"),
    needs=("keys",),
    why="What it encrypted is gone with it, for good.",
)
def pending_deletion(account: Snapshot) -> Iterator[Outcome]:
    def test(key: dict[str, Any]) -> Outcome | None:
        if key.get("KeyState") not in ("PendingDeletion", "PendingReplicaDeletion"):
            return None
        when = str(key.get("DeletionDate", ""))[:10]
        commands = (
            aws("kms", "cancel-key-deletion", region=key["Region"], key_id=key["KeyId"]),
            aws("kms", "enable-key", region=key["Region"], key_id=key["KeyId"]),
        )
        fix = Fix(commands, account.account, "Let it go only if nothing it encrypted is left: except it until then.")
        return failed(key["Arn"], f"the key will be deleted on {when}", {"aliases": key["Aliases"]}, fix=fix)

    return each(account, account.fact("keys"), test, "keys")
