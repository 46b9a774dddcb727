"""Who signs in to the console does so with MFA."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "iam.user-mfa",
    "Every user with a password has an MFA device",
    severity="high",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("credentials",),
    why="A password alone is phished or guessed.",
)
def user_mfa(account: Snapshot) -> Iterator[Outcome]:
    def test(user: dict[str, Any]) -> Outcome | None:
        if user["mfa"]:
            return None
        fix = Fix(
            (aws("iam", "delete-login-profile", user_name=user["name"]),),
            account.account,
            "This takes the password away until the user has a device (create-virtual-mfa-device, enable-mfa-device).",
        )
        return failed(user["arn"], f"{user['name']} can sign in with a password alone", {"mfa": False}, fix=fix)

    users = [user for user in account.fact("credentials")["users"] if user["password"]]
    return each(account, users, test, "users with a password")
