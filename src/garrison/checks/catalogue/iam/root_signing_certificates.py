"""The root user has no signing certificates."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, failed, passed
from garrison.checks.snapshot import Snapshot


@check(
    "iam.root-signing-certificates",
    "The root user has no signing certificates",
    severity="high",
    cells=("iam/identity/customer",),
    needs=("account-summary",),
    why="A signing certificate is a key of the root user's that is easily forgotten.",
)
def root_signing_certificates(account: Snapshot) -> Iterator[Outcome]:
    present = int(account.fact("account-summary").get("AccountSigningCertificatesPresent", 0))
    observed = {"AccountSigningCertificatesPresent": present}
    if not present:
        yield passed(account.root, "the root user has no signing certificates", observed)
        return
    command = (
        "for id in $(aws iam list-signing-certificates --query 'Certificates[].CertificateId' --output text); "
        'do aws iam delete-signing-certificate --certificate-id "$id"; done'
    )
    fix = Fix((command,), account.account, "Run it as the root user.")
    yield failed(account.root, "the root user has signing certificates", observed, fix=fix)
