"""What is paid for protects what can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed, not_applicable
from garrison.checks.snapshot import Snapshot


@check(
    "shield.protected",
    "Where there is Shield Advanced, it protects every load balancer the internet reaches, and every distribution",
    severity="medium",
    cells=("shield/app/customer", "elb/network-config/customer", "cloudfront/network-config/customer"),
    needs=("shield-protections", "load-balancers", "distributions"),
    why="Shield Advanced watches what it is told to; a flood takes what was forgotten.",
)
def protected(account: Snapshot) -> Iterator[Outcome]:
    shield = account.fact("shield-protections")
    if not shield["Subscribed"]:
        yield not_applicable(account.root, "the account has no Shield Advanced")
        return
    there = {one["ResourceArn"] for one in shield["Protections"]}
    balancers = [one for one in account.fact("load-balancers") if one["Scheme"] != "internal"]

    def test(one: dict[str, Any]) -> Outcome | None:
        if one["Arn"] in there:
            return None
        name = one.get("Name") or one["Id"]
        command = aws("shield", "create-protection", region="us-east-1", name=name, resource_arn=one["Arn"])
        return failed(one["Arn"], "Shield Advanced does not protect it", fix=Fix((command,), account.account))

    what = "load balancers and distributions the internet reaches"
    yield from each(account, [*balancers, *account.fact("distributions")], test, what)
