"""Load balancers take no old TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot

POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
_OLD = {"SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"}


@check(
    "elbv2.tls-policy",
    "HTTPS listeners take TLS 1.2 or newer alone",
    severity="medium",
    cells=("elb/network-config/customer",),
    needs=("load-balancers",),
    why="Old versions of TLS have been broken.",
)
def tls_policy(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        old = sorted(_OLD & set(one["Versions"]))
        if not old:
            return None
        command = aws("elbv2", "modify-listener", region=one["Region"], listener_arn=one["Arn"], ssl_policy=POLICY)
        observed = {"policy": one["SslPolicy"], "old": old}
        reason = f"it takes {', '.join(old)} (policy {one['SslPolicy']})"
        return failed(one["Arn"], reason, observed, fix=Fix((command,), account.account))

    listeners = [
        {**listener, "Region": balancer["Region"]}
        for balancer in account.fact("load-balancers")
        for listener in balancer["Listeners"]
        if listener["Protocol"] == "HTTPS"
    ]
    yield from each(account, listeners, test, "HTTPS listeners")
