"""Keys are for the organization's own accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.asking import foreign
from garrison.checks.reasoning.keys import own_policy, unread, with_policy
from garrison.checks.snapshot import Snapshot
from garrison.policy.outsiders import STRANGER, compiled, open_to, trusted_accounts, user_of
from garrison.policy.request import PolicyType

ACTIONS = ("kms:Decrypt", "kms:CreateGrant")


@check(
    "kms.policy-outside-organization",
    "No key policy lets in an account outside the organization",
    severity="high",
    cells=("kms/encryption/customer",),
    needs=("keys",),
    why="Whoever runs that account reads what the key encrypts.",
)
def policy_outside_organization(account: Snapshot) -> Iterator[Outcome]:
    def test(key: dict[str, Any]) -> Iterator[Outcome]:
        text = key["Policy"]
        stranger = user_of(STRANGER)
        if open_to(text, PolicyType.RESOURCE, ACTIONS[0], stranger, key["Arn"], account.account, foreign(stranger)):
            return  # that is kms.policy-public
        document = compiled(text, PolicyType.RESOURCE)
        for other, principals in ({} if document is None else trusted_accounts(document)).items():
            if account.inside(other):
                continue
            if any(
                open_to(text, PolicyType.RESOURCE, action, who, key["Arn"], account.account, foreign(who))
                for who in principals
                for action in ACTIONS
            ):
                command = aws(
                    "kms", "put-key-policy",
                    region=key["Region"], key_id=key["KeyId"], policy_name="default",
                    policy=own_policy(account.account),
                )  # fmt: skip
                fix = Fix((command,), account.account, "Afterwards the account's own policies say who uses the key.")
                yield failed(
                    key["Arn"], f"account {other}, of no one here, may use the key", {"account": other}, fix=fix
                )

    yield from unread(account, "Policy")
    yield from each(account, with_policy(account), test, "keys")
