"""No user is an administrator."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.administrators import administrators
from garrison.checks.reasoning.asking import Who, people
from garrison.checks.reasoning.removal import administration_removed, denied
from garrison.checks.snapshot import Snapshot


@check(
    "iam.administrator-users",
    "No IAM user is an administrator: people become one through a role",
    severity="high",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("authorization-details",),
    why="A user's keys last until somebody changes them; a role's last for hours, and tell who took it.",
)
def administrator_users(account: Snapshot) -> Iterator[Outcome]:
    able = {who.arn for who in administrators(account)}

    def test(who: Who) -> Outcome | None:
        if who.arn not in able:
            return None
        decision = who.may("iam:AttachUserPolicy", who.arn)
        by = decision.policy.name if decision.policy is not None else decision.code
        commands = administration_removed(account, who.entity) or (
            denied(who.arn, "no-administration", {"Action": "iam:*", "Resource": "*"}),
        )
        fix = Fix(commands, account.account, "Make the person a role to assume first (with MFA, in its trust policy).")
        name = who.entity.name
        return failed(who.arn, f"{name} can give anybody any permission", {"decided_by": by}, fix=fix)

    return each(account, (who for who in people(account) if who.entity.kind == "user"), test, "users")
