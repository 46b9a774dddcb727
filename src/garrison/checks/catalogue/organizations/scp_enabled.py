"""Service control policies are switched on."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.reasoning.guards import SCP, arn, enabled, root_id
from garrison.checks.snapshot import Snapshot


@check(
    "organizations.scp-enabled",
    "Service control policies are switched on",
    severity="high",
    cells=("organizations/identity/customer",),
    needs=("organization",),
    scope="organization",
    why="Without them every member account's administrators may do everything.",
)
def scp_enabled(account: Snapshot) -> Iterator[Outcome]:
    if account.organization is None:
        yield not_applicable(account.root, "the account is in no organization")
    elif enabled(account, SCP):
        yield passed(arn(account), "service control policies are switched on")
    else:
        command = aws("organizations", "enable-policy-type", root_id=root_id(account), policy_type=SCP)
        yield failed(arn(account), "service control policies are switched off", fix=Fix((command,), account.account))
