"""Passwords that nobody uses are taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.ages import days_since
from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot

DAYS = 45


@check(
    "iam.password-unused",
    f"Every password was used within {DAYS} days",
    severity="medium",
    cells=("iam/identity/customer",),
    needs=("credentials",),
    why="A person who left, or never came, still has a way in.",
)
def password_unused(account: Snapshot) -> Iterator[Outcome]:
    def test(user: dict[str, Any]) -> Outcome | None:
        idle = days_since(user["password_last_used"] or user["created"], account.now)
        if idle <= DAYS:
            return None
        fix = Fix((aws("iam", "delete-login-profile", user_name=user["name"]),), account.account)
        return failed(user["arn"], f"{user['name']} did not sign in for {idle} days", {"days_unused": idle}, fix=fix)

    users = [user for user in account.fact("credentials")["users"] if user["password"]]
    return each(account, users, test, "users with a password")
