"""What comes from outside is inspected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudfront.web-acl",
    "A web ACL protects every distribution",
    severity="medium",
    cells=(
        "cloudfront/app/customer",
        "waf/app/customer",
    ),
    needs=("distributions",),
    why="Attacks on an application come in with its requests.",
)
def web_acl(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if one["WebAcl"]:
            return None
        fix = Fix(account=account.account, note="Set the distribution's WebACLId: aws cloudfront update-distribution.")
        return failed(one["Arn"], "it has no web ACL", fix=fix)

    yield from each(account, account.fact("distributions"), test, "distributions")
