"""Tasks of the root user are done in short sessions."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.reasoning.guards import arn
from garrison.checks.snapshot import Snapshot


@check(
    "organizations.root-sessions",
    "Tasks that need a member's root user are done in short sessions from the management account",
    severity="low",
    cells=("organizations/identity/customer",),
    needs=("organization-membership", "organization-features"),
    scope="organization",
    why="Without them somebody has to sign in as the root user to mend a bucket policy.",
)
def root_sessions(account: Snapshot) -> Iterator[Outcome]:
    features = account.fact("organization-features")
    if account.fact("organization-membership") is None:
        yield not_applicable(account.root, "the account is in no organization")
    elif "RootSessions" in features:
        yield passed(arn(account), "root sessions are switched on", {"features": features})
    else:
        commands = (
            aws("organizations", "enable-aws-service-access", service_principal="iam.amazonaws.com"),
            aws("iam", "enable-organizations-root-sessions"),
        )
        yield failed(
            arn(account), "root sessions are switched off", {"features": features}, fix=Fix(commands, account.account)
        )
