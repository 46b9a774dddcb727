"""Findings are answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "guardduty.grave-findings",
    "No finding of high or critical severity is left open",
    severity="high",
    cells=(
        "guardduty/logging/customer",
        "*/logging/customer",
    ),
    needs=("detectors",),
    why="A finding that nobody answers is an attack that goes on.",
)
def grave_findings(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if not one["Grave"]:
            return None
        command = aws(
            "guardduty",
            "get-findings",
            region=one["Region"],
            detector_id=one["DetectorId"],
            finding_ids=one["Grave"][:10],
        )
        note = f"Read them ({command}), answer what they tell of, then archive them."
        arn = f"arn:{account.partition}:guardduty:{one['Region']}:{account.account}:detector/{one['DetectorId']}"
        reason = f"{len(one['Grave'])} findings are open in {one['Region']}"
        return failed(arn, reason, {"open": len(one["Grave"])}, fix=Fix(account=account.account, note=note))

    watched = [one for one in account.fact("detectors") if one["DetectorId"] is not None]
    yield from each(account, watched, test, "regions with a detector")
