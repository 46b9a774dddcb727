"""Every region is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, passed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.multi-region",
    "A trail that is switched on records every region",
    severity="high",
    cells=("cloudtrail/logging/customer", "*/logging/customer"),
    needs=("trails",),
    why="What is done in a region nobody uses, nobody sees.",
)
def multi_region(account: Snapshot) -> Iterator[Outcome]:
    trails = account.fact("trails")
    everywhere = [t for t in trails if t.get("IsMultiRegionTrail") and (t["Status"] or {}).get("IsLogging")]
    if everywhere:
        yield passed(everywhere[0]["TrailARN"], "every region is recorded", {"trails": len(everywhere)})
        return
    if trails:
        trail = trails[0]
        commands = (
            aws(
                "cloudtrail", "update-trail", region=trail["HomeRegion"], name=trail["Name"], is_multi_region_trail=True
            ),
            aws("cloudtrail", "start-logging", region=trail["HomeRegion"], name=trail["Name"]),
        )
        fix = Fix(commands, account.account)
        yield failed(trail["TrailARN"], "no trail records every region", {"trails": len(trails)}, fix=fix)
        return
    bucket = f"cloudtrail-{account.account}"
    commands = (
        aws("cloudtrail", "create-trail", name="all-regions", s3_bucket_name=bucket, is_multi_region_trail=True),
        aws("cloudtrail", "start-logging", name="all-regions"),
    )  # fmt: skip
    note = f"The bucket {bucket} must be there, with a policy that lets cloudtrail.amazonaws.com write."
    yield failed(account.root, "there is no trail", {"trails": 0}, fix=Fix(commands, account.account, note))
