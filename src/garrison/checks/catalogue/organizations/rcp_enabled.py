"""Resource control policies are switched on."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.reasoning.guards import RCP, arn, enabled, root_id
from garrison.checks.snapshot import Snapshot


@check(
    "organizations.rcp-enabled",
    "Resource control policies are switched on",
    severity="medium",
    cells=("organizations/identity/customer",),
    needs=("organization",),
    scope="organization",
    why="Without them one wrong bucket or key policy opens data to the world.",
)
def rcp_enabled(account: Snapshot) -> Iterator[Outcome]:
    if account.organization is None:
        yield not_applicable(account.root, "the account is in no organization")
    elif enabled(account, RCP):
        yield passed(arn(account), "resource control policies are switched on")
    else:
        command = aws("organizations", "enable-policy-type", root_id=root_id(account), policy_type=RCP)
        yield failed(arn(account), "resource control policies are switched off", fix=Fix((command,), account.account))
