"""What web ACLs did is on record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "wafv2.logging",
    "Every web ACL logs",
    severity="medium",
    cells=("waf/logging/customer",),
    needs=("web-acls",),
    why="Without its log nobody can tell what was attacked, or what was refused in error.",
)
def logging(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if one["Logs"]:
            return None
        note = "Give it a destination whose name begins with aws-waf-logs-: aws wafv2 put-logging-configuration."
        fix = Fix(account=account.account, note=note)
        return failed(one["Arn"], "it does not log", fix=fix)

    yield from each(account, account.fact("web-acls"), test, "web ACLs")
