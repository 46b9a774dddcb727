"""Trails are switched on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.logging",
    "Every trail is switched on",
    severity="high",
    cells=("cloudtrail/logging/customer",),
    needs=("trails",),
    why="A trail that is switched off looks like one, and records nothing.",
)
def logging(account: Snapshot) -> Iterator[Outcome]:
    def test(trail: dict[str, Any]) -> Outcome | None:
        status = trail["Status"] or {}
        if status.get("IsLogging"):
            return None
        command = aws("cloudtrail", "start-logging", region=trail["HomeRegion"], name=trail["Name"])
        return failed(trail["TrailARN"], "the trail is switched off", fix=Fix((command,), account.account))

    return each(account, account.fact("trails"), test, "trails")
