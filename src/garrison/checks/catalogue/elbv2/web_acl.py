"""What comes from outside is inspected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "elbv2.web-acl",
    "A web ACL protects every application load balancer",
    severity="medium",
    cells=(
        "elb/app/customer",
        "waf/app/customer",
    ),
    needs=("load-balancers",),
    why="Attacks on an application come in with its requests.",
)
def web_acl(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if one["WebAcl"]:
            return None
        fix = Fix(account=account.account, note="Associate a web ACL: aws wafv2 associate-web-acl.")
        return failed(one["Arn"], "no web ACL is associated with it", {"scheme": one["Scheme"]}, fix=fix)

    yield from each(account, account.fact("load-balancers"), test, "application load balancers")
