"""Requests are not readable on their way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudfront.https",
    "Distributions answer viewers over HTTPS alone",
    severity="medium",
    cells=("cloudfront/network-config/customer",),
    needs=("distributions",),
    why="What goes over HTTP is read and changed by whoever is on the way.",
)
def https(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        if "allow-all" not in one["Viewers"]:
            return None
        note = "Set ViewerProtocolPolicy to redirect-to-https: aws cloudfront update-distribution."
        fix = Fix(account=account.account, note=note)
        return failed(one["Arn"], "some of its behaviours answer HTTP", {"viewers": one["Viewers"]}, fix=fix)

    yield from each(account, account.fact("distributions"), test, "distributions")
