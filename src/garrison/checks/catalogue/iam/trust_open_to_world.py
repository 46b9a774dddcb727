"""No role can be assumed by strangers."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.asking import foreign, may_enter
from garrison.checks.reasoning.roles import assumable, trusting_account
from garrison.checks.snapshot import Snapshot
from garrison.policy.outsiders import EVERYTHING, STRANGER, user_of
from garrison.policy.request import Stack
from garrison.replay.world import Entity


@check(
    "iam.trust-open-to-world",
    "No role can be assumed by somebody of an account it does not know",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("authorization-details",),
    why="Anybody with an AWS account walks in.",
)
def trust_open_to_world(account: Snapshot) -> Iterator[Outcome]:
    stranger = user_of(STRANGER)
    given, stack = foreign(stranger), Stack(identity=EVERYTHING)

    def test(role: Entity) -> Outcome | None:
        if not may_enter(account, stranger, stack, role, given):
            return None
        command = aws(
            "iam", "update-assume-role-policy", role_name=role.name, policy_document=trusting_account(role.account)
        )
        fix = Fix((command,), account.account, "It lets in only whom the account's own policies allow to assume it.")
        return failed(role.arn, f"anybody may assume {role.name}", {"trust_policy": role.trust}, fix=fix)

    return each(account, assumable(account), test, "roles")
