"""Member accounts have no root credentials."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, failed, not_applicable, passed
from garrison.checks.snapshot import Snapshot

TASK = "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"


@check(
    "organizations.member-root-credentials",
    "Member accounts have no root credentials at all",
    severity="high",
    cells=("organizations/identity/customer", "*/identity/customer"),
    needs=("account-summary", "organization-membership"),
    why="What is not there cannot be stolen, and the organization can do a root user's tasks without it.",
)
def member_root_credentials(account: Snapshot) -> Iterator[Outcome]:
    management = account.management
    if management is None or management == account.account:
        yield not_applicable(account.root, "the account is no member account")
        return
    summary = account.fact("account-summary")
    names = ("AccountAccessKeysPresent", "AccountPasswordPresent", "AccountSigningCertificatesPresent")
    observed = {name: int(summary[name]) for name in names if name in summary}
    if not any(observed.values()):
        yield passed(account.root, "the account has no root credentials", observed)
        return
    enter = (
        f"aws sts assume-root --target-principal {account.account} --task-policy-arn arn={TASK} --duration-seconds 900 "
        "--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text"
    )
    tasks = []
    if observed.get("AccountAccessKeysPresent"):
        listed = "aws iam list-access-keys --query 'AccessKeyMetadata[].AccessKeyId' --output text"
        tasks.append(f'for key in $({listed}); do aws iam delete-access-key --access-key-id "$key"; done')
    if observed.get("AccountPasswordPresent"):
        tasks.append("aws iam delete-login-profile")
    if observed.get("AccountSigningCertificatesPresent"):
        listed = "aws iam list-signing-certificates --query 'Certificates[].CertificateId' --output text"
        tasks.append(f'for id in $({listed}); do aws iam delete-signing-certificate --certificate-id "$id"; done')
    command = (
        f'( read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<< "$({enter})"; '
        f"export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN; {'; '.join(tasks)} )"
    )
    note = (
        "Run it in the management account, with bash, and not as its root user; organizations.root-credentials first."
    )
    yield failed(account.root, "the account has root credentials", observed, fix=Fix((command,), management, note))
