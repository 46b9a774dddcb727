"""What is critical is put right in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.ages import days_since
from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot

LONGEST = 30
"""Days a critical finding may stay open. PCI DSS 4.0, 6.3.3: within one month."""


@check(
    "inspector2.critical-findings",
    "No critical finding of Inspector has been open for more than 30 days",
    severity="high",
    cells=("inspector/app/customer", "*/app/customer"),
    needs=("critical-vulnerabilities",),
    why="What can be exploited is, within days of its being known.",
)
def critical_findings(account: Snapshot) -> Iterator[Outcome]:
    def test(region: dict[str, Any]) -> Iterator[Outcome]:
        for one in region["Findings"]:
            days = days_since(one["FirstObserved"], account.now)
            if days > LONGEST:
                note = f"Update, or take away, what it is about on {', '.join(one['Resources'])}."
                reason = f"{one['Title']} has been open for {days} days"
                fix = Fix(account=account.account, note=note)
                yield failed(one["Arn"], reason, {"days": days, "resources": one["Resources"]}, fix=fix)

    yield from each(account, account.fact("critical-vulnerabilities"), test, "regions in which Inspector is on")
