"""Access keys that nobody uses are switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.ages import days_since
from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot

DAYS = 45


@check(
    "iam.access-key-unused",
    f"Every active access key was used within {DAYS} days",
    severity="medium",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("credentials",),
    why="A key nobody misses is a key whose theft nobody notices.",
)
def access_key_unused(account: Snapshot) -> Iterator[Outcome]:
    def test(user: dict[str, Any]) -> Iterator[Outcome]:
        for key in user["keys"]:
            used = key["last_used"] or key["created"]
            idle = days_since(used, account.now) if used else 0
            if key["active"] and idle > DAYS:
                off = aws(
                    "iam", "update-access-key", user_name=user["name"], access_key_id=key["id"], status="Inactive"
                )
                observed = {"key": key["id"], "days_unused": idle}
                fix = Fix((off,), account.account)
                yield failed(
                    user["arn"], f"{key['id']} of {user['name']} was not used for {idle} days", observed, fix=fix
                )

    users = [user for user in account.fact("credentials")["users"] if any(key["active"] for key in user["keys"])]
    return each(account, users, test, "users with active access keys")
