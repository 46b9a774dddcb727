"""Watches what runs on hosts and in containers."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check
from garrison.checks.reasoning.detectors import watched
from garrison.checks.snapshot import Snapshot


@check(
    "guardduty.runtime-monitoring",
    "Where GuardDuty is on, it watches what runs on hosts and in containers",
    severity="medium",
    cells=("guardduty/logging/customer", "*/logging/customer"),
    needs=("detectors",),
    why="What is done inside a machine shows in no log of AWS.",
)
def runtime_monitoring(account: Snapshot) -> Iterator[Outcome]:
    yield from watched(account, "RUNTIME_MONITORING")
