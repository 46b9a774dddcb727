"""An administrator of a member account would be refused leaving the organization."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, behaviour, failed, not_applicable, passed
from garrison.checks.probe import Probe
from garrison.checks.reasoning.administrators import administrators
from garrison.checks.snapshot import Snapshot


@behaviour(
    "organizations.leave-refused",
    "An administrator of a member account is refused leaving the organization (decided, not done)",
    severity="high",
    cells=("organizations/identity/customer",),
    needs=("organization-membership", "authorization-details"),
    why="An account that left is bound by nothing of the organization any more.",
)
def leave_refused(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    management = account.management
    if management is None or management == account.account:
        yield not_applicable(account.root, "the account is no member account")
        return
    able = administrators(account)
    if not able:
        yield not_applicable(account.root, "the account has no administrators")
        return
    # Trying it for real would be leaving.
    who = able[0]
    if probe.simulated(who.arn, "organizations:LeaveOrganization"):
        reason = f"{who.entity.name} would be allowed to leave the organization"
        yield failed(who.arn, reason, {"organizations:LeaveOrganization": "allowed"})
    else:
        yield passed(who.arn, f"{who.entity.name} would be refused leaving the organization")
