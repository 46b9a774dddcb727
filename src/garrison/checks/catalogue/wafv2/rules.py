"""Web ACLs do something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "wafv2.rules",
    "Every web ACL has a rule",
    severity="medium",
    cells=("waf/app/customer",),
    needs=("web-acls",),
    why="A web ACL without rules lets everything through, and looks like protection.",
)
def rules(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if one["Rules"]:
            return None
        fix = Fix(account=account.account, note="Give it rules, or delete it.")
        return failed(one["Arn"], "it has no rules", {"rules": 0}, fix=fix)

    yield from each(account, account.fact("web-acls"), test, "web ACLs")
