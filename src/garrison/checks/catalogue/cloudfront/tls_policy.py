"""Distributions take no old TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudfront.tls-policy",
    "Distributions take TLS 1.2 or newer alone",
    severity="medium",
    cells=("cloudfront/network-config/customer",),
    needs=("distributions",),
    why="Old versions of TLS have been broken.",
)
def tls_policy(account: Snapshot) -> Iterator[Outcome]:
    def test(one: dict[str, Any]) -> Outcome | None:
        least = one["OldestTls"]
        if least.startswith(("TLSv1.2", "TLSv1.3")):
            return None
        note = (
            "Give it a certificate of its own and set MinimumProtocolVersion to TLSv1.2_2021: aws cloudfront "
            "update-distribution. With CloudFront's own certificate AWS takes TLS 1.0, whatever is set."
        )
        fix = Fix(account=account.account, note=note)
        return failed(one["Arn"], f"it takes {least or 'TLS of any version'}", {"oldest": least}, fix=fix)

    yield from each(account, account.fact("distributions"), test, "distributions")
