"""The record arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.delivery",
    "Every trail's files arrive in their bucket",
    severity="high",
    cells=("cloudtrail/logging/customer",),
    needs=("trails",),
    why="A bucket policy was changed, and for months nothing is written.",
)
def delivery(account: Snapshot) -> Iterator[Outcome]:
    def test(trail: dict[str, Any]) -> Outcome | None:
        error = (trail["Status"] or {}).get("LatestDeliveryError")
        if not error:
            return None
        fix = Fix((), account.account, f"Let cloudtrail.amazonaws.com write to the bucket {trail.get('S3BucketName')}.")
        return failed(trail["TrailARN"], f"files do not arrive: {error}", {"error": error}, fix=fix)

    return each(account, account.fact("trails"), test, "trails")
