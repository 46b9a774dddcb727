"""Member accounts' root credentials are managed centrally."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.reasoning.guards import arn
from garrison.checks.snapshot import Snapshot


@check(
    "organizations.root-credentials",
    "Root credentials of member accounts are managed centrally",
    severity="medium",
    cells=("organizations/identity/customer",),
    needs=("organization-membership", "organization-features"),
    scope="organization",
    why="Nobody knows who still has the root password of the fortieth account.",
)
def root_credentials(account: Snapshot) -> Iterator[Outcome]:
    features = account.fact("organization-features")
    if account.fact("organization-membership") is None:
        yield not_applicable(account.root, "the account is in no organization")
    elif "RootCredentialsManagement" in features:
        yield passed(arn(account), "root credentials are managed centrally", {"features": features})
    else:
        commands = (
            aws("organizations", "enable-aws-service-access", service_principal="iam.amazonaws.com"),
            aws("iam", "enable-organizations-root-credentials-management"),
        )
        yield failed(
            arn(account),
            "every account keeps its own root credentials",
            {"features": features},
            fix=Fix(commands, account.account),
        )
