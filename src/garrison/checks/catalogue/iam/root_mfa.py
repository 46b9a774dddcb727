"""The root user signs in with MFA."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, failed, passed
from garrison.checks.snapshot import Snapshot


@check(
    "iam.root-mfa",
    "The root user has an MFA device, or no password to sign in with",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("account-summary",),
    why="A password alone is phished or guessed, and with it everything in the account is somebody else's.",
)
def root_mfa(account: Snapshot) -> Iterator[Outcome]:
    summary = account.fact("account-summary")
    observed = {k: int(summary[k]) for k in ("AccountMFAEnabled", "AccountPasswordPresent") if k in summary}
    if observed.get("AccountMFAEnabled"):
        yield passed(account.root, "the root user has an MFA device", observed)
    elif observed.get("AccountPasswordPresent") == 0:
        yield passed(account.root, "the root user has no password to sign in with", observed)
    else:
        note = (
            "AWS lets only the root user itself do that, in the console (My security credentials). The operator of a "
            f"Garrison does it with: garrison account root-mfa --account {account.account}"
        )
        fix = Fix((), account.account, note)
        yield failed(account.root, "the root user can sign in without MFA", observed, fix=fix)
