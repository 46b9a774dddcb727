"""Threats are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "guardduty.enabled",
    "GuardDuty is on in every region that is assessed",
    severity="high",
    cells=(
        "guardduty/logging/customer",
        "*/logging/customer",
    ),
    needs=("detectors",),
    why="A record nobody looks at tells of an attack once it is over.",
)
def enabled(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if one["Status"] == "ENABLED":
            return None
        id = one["DetectorId"]
        if id is None:
            # Every feature but runtime monitoring is on by itself (user guide, "Enabling GuardDuty").
            runtime = "Name=RUNTIME_MONITORING,Status=ENABLED"
            command = aws("guardduty", "create-detector", region=one["Region"], enable=True, features=runtime)
        else:
            command = aws("guardduty", "update-detector", region=one["Region"], detector_id=id, enable=True)
        reason = f"GuardDuty is {'not there' if id is None else 'suspended'} in {one['Region']}"
        return failed(account.root, reason, {"region": one["Region"]}, fix=Fix((command,), account.account))

    yield from each(account, account.fact("detectors"), test, "regions")
