"""Roles that nobody takes are taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.ages import days_since
from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot

DAYS = 90


@check(
    "iam.role-unused",
    f"Every role was assumed within {DAYS} days",
    severity="low",
    cells=("iam/identity/customer",),
    needs=("authorization-details",),
    why="Permissions nobody uses help only whoever breaks in.",
)
def role_unused(account: Snapshot) -> Iterator[Outcome]:
    def test(role: dict[str, Any]) -> Outcome | None:
        used = (role.get("RoleLastUsed") or {}).get("LastUsedDate") or role["CreateDate"]
        idle = days_since(str(used), account.now)
        if idle <= DAYS:
            return None
        name = role["RoleName"]
        command = aws("iam", "delete-role", role_name=name)
        taken = [
            *(
                aws("iam", "detach-role-policy", role_name=name, policy_arn=policy["PolicyArn"])
                for policy in role.get("AttachedManagedPolicies") or ()
            ),
            *(
                aws("iam", "delete-role-policy", role_name=name, policy_name=policy["PolicyName"])
                for policy in role.get("RolePolicyList") or ()
            ),
            *(
                aws("iam", "remove-role-from-instance-profile", role_name=name,
                    instance_profile_name=profile["InstanceProfileName"])
                for profile in role.get("InstanceProfileList") or ()
            ),
        ]  # fmt: skip
        fix = Fix((*taken, command), account.account, "Roles for emergencies are meant to lie idle: except them.")
        return failed(role["Arn"], f"{name} was not assumed for {idle} days", {"days_unused": idle}, fix=fix)

    roles = [r for r in account.details["RoleDetailList"] if not r["Path"].startswith("/aws-service-role/")]
    return each(account, roles, test, "roles")
