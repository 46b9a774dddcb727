"""Passwords are long."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check
from garrison.checks.reasoning.passwords import demanded
from garrison.checks.snapshot import Snapshot

LEAST = 14


@check(
    "iam.password-length",
    f"Passwords have at least {LEAST} characters",
    severity="medium",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("password-policy", "credentials"),
    why="Short passwords are guessed.",
)
def password_length(account: Snapshot) -> Iterator[Outcome]:
    yield demanded(account, "MinimumPasswordLength", LEAST)
