"""No policy the customer wrote allows everything."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.asking import UNHEARD, Written, written
from garrison.checks.reasoning.removal import without
from garrison.checks.snapshot import Snapshot
from garrison.policy.alone import alone, grants, makes_administrator


@check(
    "iam.policy-allows-everything",
    "No policy of the account's own allows every action on everything",
    severity="high",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("authorization-details",),
    why="Whoever has it is an administrator, whatever the policy is called; so is whoever breaks into what has it.",
)
def policy_allows_everything(account: Snapshot) -> Iterator[Outcome]:
    def test(policy: Written) -> Outcome | None:
        plan = alone(policy.text)
        # That it allows an action nobody has heard of shows that it names none, however it is spelled.
        if plan is None or not (makes_administrator(plan) and grants(plan, UNHEARD)):
            return None
        where = "inline in" if policy.inline else "attached to"
        reason = f"the policy {policy.name} allows everything"
        observed = {"policy": policy.name, where.replace(" ", "_"): list(policy.attached)}
        note = "What it was used for tells a policy that fits: garrison policy generate --principal ARN"
        return failed(policy.carrier, reason, observed, fix=Fix(without(policy), account.account, note))

    used = [policy for policy in written(account) if policy.attached]
    return each(account, used, test, "policies of the account's own in use")
