"""Shield knows whether what it protects is well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "shield.health-checks",
    "Every protection of Shield Advanced has a health check",
    severity="low",
    cells=("shield/app/customer",),
    needs=("shield-protections",),
    why="With a health check Shield acts on smaller floods, and sooner; without one nobody is called.",
)
def health_checks(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if one.get("HealthCheckIds"):
            return None
        note = f"aws shield associate-health-check --protection-id {one['Id']} --health-check-arn ARN"
        arn = one.get("ProtectionArn") or f"arn:{account.partition}:shield::{account.account}:protection/{one['Id']}"
        return failed(arn, f"{one['Name']} has no health check", fix=Fix(account=account.account, note=note))

    yield from each(account, account.fact("shield-protections")["Protections"], test, "protections")
