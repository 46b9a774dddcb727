"""Who decrypts may decrypt what it is meant to."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.asking import Written, written
from garrison.checks.reasoning.removal import without
from garrison.checks.snapshot import Snapshot
from garrison.policy.alone import alone, grants, makes_administrator
from garrison.policy.outsiders import UNNAMED

_KEY = f"arn:aws:kms:us-east-1:000000000001:key/{UNNAMED}"


@check(
    "kms.decrypt-everything",
    "No policy of the account's own allows decryption with every key",
    severity="medium",
    cells=("kms/encryption/customer", "iam/identity/customer"),
    needs=("authorization-details",),
    why="Encryption separates nothing where one principal opens everything.",
)
def decrypt_everything(account: Snapshot) -> Iterator[Outcome]:
    def test(policy: Written) -> Outcome | None:
        plan = alone(policy.text)
        if plan is None or not grants(plan, "kms:Decrypt", _KEY) or makes_administrator(plan):
            return None
        note = "Write it anew with the ARNs of the keys in Resource."
        fix = Fix(without(policy), account.account, note)
        reason = f"{policy.name} allows decryption with every key"
        return failed(policy.carrier, reason, {"policy": policy.name, "attached": list(policy.attached)}, fix=fix)

    used = [policy for policy in written(account) if policy.attached]
    return each(account, used, test, "policies of the account's own in use")
