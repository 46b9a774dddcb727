"""What GuardDuty watches beside what it always does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, each, failed
from garrison.checks.snapshot import Snapshot


def watched(account: Snapshot, feature: str) -> Iterator[Outcome]:
    """Whether a feature is on wherever GuardDuty is."""

    def test(one: dict[str, Any]) -> Outcome | None:
        if one["Features"].get(feature) == "ENABLED":
            return None
        features = f"Name={feature},Status=ENABLED"
        command = aws(
            "guardduty", "update-detector", region=one["Region"], detector_id=one["DetectorId"], features=features
        )
        arn = f"arn:{account.partition}:guardduty:{one['Region']}:{account.account}:detector/{one['DetectorId']}"
        reason = f"{feature} is not enabled in {one['Region']}"
        return failed(arn, reason, {"feature": feature}, fix=Fix((command,), account.account))

    on = [one for one in account.fact("detectors") if one["Status"] == "ENABLED"]
    yield from each(account, on, test, "regions with a detector that is on")
