"""Policies mean what they say."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.aws.reference import actions
from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.asking import Written, written
from garrison.checks.snapshot import Snapshot
from garrison.policy.lint import lint


@check(
    "iam.policy-means-nothing",
    "No policy of the account's own names actions, resources or conditions that cannot be",
    severity="low",
    cells=("iam/identity/customer",),
    needs=("authorization-details",),
    why="A Deny of an action that does not exist denies nothing, and nobody is told.",
)
def policy_means_nothing(account: Snapshot) -> Iterator[Outcome]:
    seen: dict[str, list[str]] = {}

    def test(policy: Written) -> Outcome | None:
        if policy.text not in seen:
            remarks = [remark for remark in lint(policy.text, reference=actions) if remark.severity == "error"]
            seen[policy.text] = [f"line {remark.line}: {remark.message} [{remark.code}]" for remark in remarks]
        errors = seen[policy.text]
        if not errors:
            return None
        note = "Write the policy anew; garrison policy lint says what would be right."
        reason = f"{policy.name} says what cannot be: {errors[0]}"
        fix = Fix((), account.account, note)
        return failed(policy.carrier, reason, {"policy": policy.name, "errors": errors[:10]}, fix=fix)

    return each(account, written(account), test, "policies of the account's own")
