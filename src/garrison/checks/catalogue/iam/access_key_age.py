"""Access keys are changed from time to time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.ages import days_since
from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot

DAYS = 90


@check(
    "iam.access-key-age",
    f"No active access key is older than {DAYS} days",
    severity="medium",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("credentials",),
    why="A key that leaked unseen works until it is changed.",
)
def access_key_age(account: Snapshot) -> Iterator[Outcome]:
    def test(user: dict[str, Any]) -> Iterator[Outcome]:
        for key in user["keys"]:
            age = days_since(key["created"], account.now) if key["created"] else 0
            if key["active"] and age > DAYS:
                fix = Fix(
                    (
                        aws("iam", "create-access-key", user_name=user["name"]),
                        aws(
                            "iam",
                            "update-access-key",
                            user_name=user["name"],
                            access_key_id=key["id"],
                            status="Inactive",
                        ),
                    ),
                    account.account,
                    "Give the new key to what uses the old one before the second command; if nothing does, the second "
                    "alone is enough. A role has no keys to change.",
                )
                observed = {"key": key["id"], "days": age}
                yield failed(user["arn"], f"{key['id']} of {user['name']} is {age} days old", observed, fix=fix)

    users = [user for user in account.fact("credentials")["users"] if any(key["active"] for key in user["keys"])]
    return each(account, users, test, "users with active access keys")
