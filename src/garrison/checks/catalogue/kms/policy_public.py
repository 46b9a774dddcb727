"""No key is for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.asking import foreign
from garrison.checks.reasoning.keys import own_policy, unread, with_policy
from garrison.checks.snapshot import Snapshot
from garrison.policy.outsiders import STRANGER, open_to, user_of
from garrison.policy.request import PolicyType

ACTIONS = ("kms:Decrypt", "kms:Sign", "kms:GenerateDataKey", "kms:CreateGrant", "kms:PutKeyPolicy")


@check(
    "kms.policy-public",
    "No key policy lets in somebody of an account it does not know",
    severity="critical",
    cells=("kms/encryption/customer", "*/encryption/customer"),
    needs=("keys",),
    why="What the key encrypts is as good as published.",
)
def policy_public(account: Snapshot) -> Iterator[Outcome]:
    stranger = user_of(STRANGER)

    def test(key: dict[str, Any]) -> Outcome | None:
        may = [
            action for action in ACTIONS
            if open_to(key["Policy"], PolicyType.RESOURCE, action, stranger, key["Arn"], account.account,
                       foreign(stranger))
        ]  # fmt: skip
        if not may:
            return None
        command = aws(
            "kms", "put-key-policy",
            region=key["Region"], key_id=key["KeyId"], policy_name="default", policy=own_policy(account.account),
        )  # fmt: skip
        fix = Fix((command,), account.account, "Afterwards the account's own policies say who uses the key.")
        return failed(key["Arn"], "anybody may use the key", {"actions": may}, fix=fix)

    yield from unread(account, "Policy")
    yield from each(account, with_policy(account), test, "keys")
