"""The proof of the record arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.digest-delivery",
    "The digests of every trail that writes them arrive in its bucket",
    severity="medium",
    cells=("cloudtrail/logging/customer",),
    needs=("trails",),
    why="A gap in the chain of digests is where a log may have been rewritten.",
)
def digest_delivery(account: Snapshot) -> Iterator[Outcome]:
    def test(trail: dict[str, Any]) -> Outcome | None:
        error = (trail["Status"] or {}).get("LatestDigestDeliveryError")
        if not error:
            return None
        fix = Fix((), account.account, f"Let cloudtrail.amazonaws.com write to the bucket {trail.get('S3BucketName')}.")
        return failed(trail["TrailARN"], f"digests do not arrive: {error}", {"error": error}, fix=fix)

    writing = [trail for trail in account.fact("trails") if trail.get("LogFileValidationEnabled")]
    return each(account, writing, test, "trails that write digests")
