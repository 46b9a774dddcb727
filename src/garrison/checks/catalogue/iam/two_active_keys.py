"""No user has two active access keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "iam.two-active-keys",
    "No user has two active access keys",
    severity="low",
    cells=("iam/identity/customer",),
    needs=("credentials",),
    why="The second key is there for the hour in which a key is changed; later it is one more to lose.",
)
def two_active_keys(account: Snapshot) -> Iterator[Outcome]:
    def test(user: dict[str, Any]) -> Outcome | None:
        active = sorted((key for key in user["keys"] if key["active"]), key=lambda key: key["created"] or "")
        if len(active) < 2:
            return None
        old = active[0]["id"]
        off = aws("iam", "update-access-key", user_name=user["name"], access_key_id=old, status="Inactive")
        fix = Fix((off,), account.account, "It switches the older one off; look first which of them is in use.")
        ids = [key["id"] for key in active]
        return failed(user["arn"], f"{user['name']} has two active access keys", {"keys": ids}, fix=fix)

    users = [user for user in account.fact("credentials")["users"] if user["keys"]]
    return each(account, users, test, "users with access keys")
