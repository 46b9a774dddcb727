"""S3 is watched."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check
from garrison.checks.reasoning.detectors import watched
from garrison.checks.snapshot import Snapshot


@check(
    "guardduty.s3-protection",
    "Where GuardDuty is on, it watches S3",
    severity="medium",
    cells=(
        "guardduty/logging/customer",
        "*/logging/customer",
    ),
    needs=("detectors",),
    why="Data is taken through calls that nothing else looks at.",
)
def s3_protection(account: Snapshot) -> Iterator[Outcome]:
    yield from watched(account, "S3_DATA_EVENTS")
