"""Watches the audit logs of eks."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check
from garrison.checks.reasoning.detectors import watched
from garrison.checks.snapshot import Snapshot


@check(
    "guardduty.eks-audit-logs",
    "Where GuardDuty is on, it watches the audit logs of EKS",
    severity="medium",
    cells=("guardduty/logging/customer", "*/logging/customer"),
    needs=("detectors",),
    why="Whoever takes over a cluster does it through its API.",
)
def eks_audit_logs(account: Snapshot) -> Iterator[Outcome]:
    yield from watched(account, "EKS_AUDIT_LOGS")
