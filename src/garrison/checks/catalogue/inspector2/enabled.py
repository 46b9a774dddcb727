"""Vulnerabilities are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot

KINDS = {"ec2": "EC2", "ecr": "ECR", "lambda": "LAMBDA"}


@check(
    "inspector2.enabled",
    "Inspector scans instances, images and functions in every region that is assessed",
    severity="high",
    cells=(
        "inspector/logging/customer",
        "*/app/customer",
    ),
    needs=("inspections",),
    why="What is vulnerable is known to others first.",
)
def enabled(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        off = [kind for kind in KINDS if one["Scanned"].get(kind) not in ("ENABLED", "ENABLING")]
        if not off:
            return None
        kinds = [KINDS[kind] for kind in off]
        command = aws("inspector2", "enable", region=one["Region"], resource_types=kinds)
        reason = f"{', '.join(kinds)} are not scanned in {one['Region']}"
        return failed(account.root, reason, {"off": kinds}, fix=Fix((command,), account.account))

    yield from each(account, account.fact("inspections"), test, "regions")
