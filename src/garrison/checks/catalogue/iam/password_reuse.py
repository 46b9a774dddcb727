"""Old passwords do not come back."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check
from garrison.checks.reasoning.passwords import demanded
from garrison.checks.snapshot import Snapshot

REMEMBERED = 24


@check(
    "iam.password-reuse",
    f"The last {REMEMBERED} passwords are not taken again",
    severity="low",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("password-policy", "credentials"),
    why="A password that leaked years ago works again when it comes back.",
)
def password_reuse(account: Snapshot) -> Iterator[Outcome]:
    yield demanded(account, "PasswordReusePrevention", REMEMBERED)
