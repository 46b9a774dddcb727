"""Users have their permissions from groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.asking import text_of
from garrison.checks.reasoning.removal import without_attached, without_inline
from garrison.checks.snapshot import Snapshot


@check(
    "iam.user-policies",
    "Users have their permissions from groups, not from policies of their own",
    severity="low",
    cells=("iam/identity/customer",),
    needs=("authorization-details",),
    why="What each user has by itself nobody keeps in mind, and nobody takes away.",
)
def user_policies(account: Snapshot) -> Iterator[Outcome]:
    def test(user: dict[str, Any]) -> Outcome | None:
        inline = user.get("UserPolicyList") or []
        attached = user.get("AttachedManagedPolicies") or []
        # A policy that only denies takes away; it gives nobody anything.
        inline = [p for p in inline if '"Allow"' in text_of(p["PolicyDocument"])]
        if not inline and not attached:
            return None
        name, group = user["UserName"], f"{user['UserName']}-permissions"
        commands = [aws("iam", "create-group", group_name=group)]
        for policy in inline:
            text = text_of(policy["PolicyDocument"])
            given = {"policy_name": policy["PolicyName"], "policy_document": text}
            commands.append(aws("iam", "put-group-policy", group_name=group, **given))
        commands += [
            aws("iam", "attach-group-policy", group_name=group, policy_arn=policy["PolicyArn"]) for policy in attached
        ]
        commands.append(aws("iam", "add-user-to-group", group_name=group, user_name=name))
        commands += [without_inline(user["Arn"], policy["PolicyName"]) for policy in inline]
        commands += [without_attached(user["Arn"], policy["PolicyArn"]) for policy in attached]
        names = [*(p["PolicyName"] for p in inline), *(p["PolicyName"] for p in attached)]
        note = "It moves the policies to a group of the user's own; a group that others are in as well is better."
        fix = Fix(tuple(commands), account.account, note)
        return failed(user["Arn"], f"{name} has policies of its own", {"policies": names}, fix=fix)

    return each(account, account.details["UserDetailList"], test, "users")
