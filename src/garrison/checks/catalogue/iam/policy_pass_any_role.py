"""Whoever passes roles passes those it is meant to."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.asking import Written, written
from garrison.checks.reasoning.removal import without
from garrison.checks.snapshot import Snapshot
from garrison.policy.alone import alone, grants, makes_administrator
from garrison.policy.outsiders import UNNAMED

_ROLE = f"arn:aws:iam::000000000001:role/{UNNAMED}"


@check(
    "iam.policy-pass-any-role",
    "No policy of the account's own lets any role be passed to a service",
    severity="medium",
    cells=("iam/identity/customer",),
    needs=("authorization-details",),
    why="A function started with the strongest role of the account has the strongest role's permissions.",
)
def policy_pass_any_role(account: Snapshot) -> Iterator[Outcome]:
    def test(policy: Written) -> Outcome | None:
        plan = alone(policy.text)
        if plan is None or not grants(plan, "iam:PassRole", _ROLE) or makes_administrator(plan):
            return None
        note = "Write it anew with the ARNs of the roles in Resource and iam:PassedToService in Condition."
        reason = f"{policy.name} lets any role be passed to any service"
        fix = Fix(without(policy), account.account, note)
        return failed(policy.carrier, reason, {"policy": policy.name, "attached": list(policy.attached)}, fix=fix)

    used = [policy for policy in written(account) if policy.attached]
    return each(account, used, test, "policies of the account's own in use")
