"""Lists of addresses are in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot

_UPDATE = {
    "ipset": ("update-ip-set", "ip_set_id"),
    "threatintelset": ("update-threat-intel-set", "threat_intel_set_id"),
}


@check(
    "guardduty.lists-active",
    "Every list of trusted or threatening addresses is in force",
    severity="medium",
    cells=("guardduty/logging/customer",),
    needs=("threat-lists",),
    why="A list that could not be read, or was never activated, looks like knowledge and is none.",
)
def lists_active(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if one["Status"] in ("ACTIVE", "ACTIVATING"):
            return None
        operation, member = _UPDATE[one["Kind"]]
        command = aws("guardduty", operation, region=one["Region"], detector_id=one["DetectorId"],
                      **{member: one["Id"]}, activate=True)  # fmt: skip
        arn = (
            f"arn:{account.partition}:guardduty:{one['Region']}:{account.account}:detector/{one['DetectorId']}"
            f"/{one['Kind']}/{one['Id']}"
        )
        reason = f"{one['Name']} is {one['Status'].lower()}"
        fix = Fix((command,), account.account, "It stays in error while its location cannot be read.")
        return failed(arn, reason, {"status": one["Status"]}, fix=fix)

    yield from each(account, account.fact("threat-lists"), test, "lists of addresses")
