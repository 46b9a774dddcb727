"""Requests are not readable on their way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "elbv2.https",
    "Application load balancers send HTTP to HTTPS",
    severity="medium",
    cells=("elb/network-config/customer",),
    needs=("load-balancers",),
    why="What goes over HTTP is read and changed by whoever is on the way.",
)
def https(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Iterator[Outcome]:
        for listener in one["Listeners"]:
            if listener["Protocol"] != "HTTP" or "HTTPS" in listener["RedirectsTo"]:
                continue
            to = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
            command = aws(
                "elbv2", "modify-listener", region=one["Region"], listener_arn=listener["Arn"],
                default_actions=[json.dumps([to])],
            )  # fmt: skip
            reason = f"port {listener['Port']} answers HTTP"
            yield failed(listener["Arn"], reason, {"port": listener["Port"]}, fix=Fix((command,), account.account))

    balancers = [one for one in account.fact("load-balancers") if one["Listeners"]]
    yield from each(account, balancers, test, "application load balancers with listeners")
