"""Server certificates that are over are taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.ages import seconds
from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "iam.expired-certificates",
    "No server certificate in IAM is past its end",
    severity="medium",
    cells=("elb/encryption/customer", "cloudfront/encryption/customer"),
    needs=("server-certificates",),
    why="What serves it is refused by clients, or teaches people to click warnings away.",
)
def expired_certificates(account: Snapshot) -> Iterator[Outcome]:
    def test(certificate: dict[str, Any]) -> Outcome | None:
        if seconds(certificate["Expiration"]) > account.now:
            return None
        name = certificate["ServerCertificateName"]
        command = aws("iam", "delete-server-certificate", server_certificate_name=name)
        observed = {"expired": certificate["Expiration"]}
        fix = Fix((command,), account.account, "Put its successor in place first.")
        return failed(certificate["Arn"], f"{name} ended on {certificate['Expiration'][:10]}", observed, fix=fix)

    return each(account, account.fact("server-certificates"), test, "server certificates")
