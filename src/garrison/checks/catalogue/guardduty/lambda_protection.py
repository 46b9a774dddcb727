"""Watches what functions connect to."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check
from garrison.checks.reasoning.detectors import watched
from garrison.checks.snapshot import Snapshot


@check(
    "guardduty.lambda-protection",
    "Where GuardDuty is on, it watches what functions connect to",
    severity="medium",
    cells=("guardduty/logging/customer", "*/logging/customer"),
    needs=("detectors",),
    why="A function that mines or sends data away does so over the network.",
)
def lambda_protection(account: Snapshot) -> Iterator[Outcome]:
    yield from watched(account, "LAMBDA_NETWORK_LOGS")
