"""The root user has no access keys."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, failed, passed
from garrison.checks.snapshot import Snapshot


@check(
    "iam.root-access-keys",
    "The root user has no access keys",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("account-summary",),
    why="Whoever finds the key has the whole account; no policy of the account limits it.",
)
def root_access_keys(account: Snapshot) -> Iterator[Outcome]:
    present = int(account.fact("account-summary").get("AccountAccessKeysPresent", 0))
    if not present:
        yield passed(account.root, "the root user has no access keys", {"AccountAccessKeysPresent": 0})
        return
    fix = Fix(
        (
            "for key in $(aws iam list-access-keys --query 'AccessKeyMetadata[].AccessKeyId' --output text); "
            'do aws iam delete-access-key --access-key-id "$key"; done',
        ),
        account.account,
        "If this key is your own shell's, make an administrator (a user or a role) first, and work as that. "
        "Run it as the root user (of a member account: with a session of sts assume-root, task policy "
        "IAMDeleteRootUserCredentials), after whatever uses the keys was given a role.",
    )
    yield failed(account.root, "the root user has access keys", {"AccountAccessKeysPresent": present}, fix=fix)
