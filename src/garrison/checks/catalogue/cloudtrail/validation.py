"""The record can be verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.validation",
    "Every trail's files can be verified",
    severity="medium",
    cells=("cloudtrail/logging/customer", "*/logging/customer"),
    needs=("trails",),
    why="Without digests nobody can tell a log from one that was rewritten.",
)
def validation(account: Snapshot) -> Iterator[Outcome]:
    def test(trail: dict[str, Any]) -> Outcome | None:
        if trail.get("LogFileValidationEnabled"):
            return None
        command = aws("cloudtrail", "update-trail", region=trail["HomeRegion"], name=trail["Name"],
                      enable_log_file_validation=True)  # fmt: skip
        return failed(trail["TrailARN"], "the trail writes no digests", fix=Fix((command,), account.account))

    return each(account, account.fact("trails"), test, "trails")
