"""RDS sign-ins are watched."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check
from garrison.checks.reasoning.detectors import watched
from garrison.checks.snapshot import Snapshot


@check(
    "guardduty.rds-protection",
    "Where GuardDuty is on, it watches RDS sign-ins",
    severity="medium",
    cells=(
        "guardduty/logging/customer",
        "*/logging/customer",
    ),
    needs=("detectors",),
    why="Passwords of databases are guessed where nobody counts.",
)
def rds_protection(account: Snapshot) -> Iterator[Outcome]:
    yield from watched(account, "RDS_LOGIN_EVENTS")
