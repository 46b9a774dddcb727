"""The root user of a member account would be refused."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, behaviour, failed, not_applicable, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "organizations.root-refused",
    "The root user of a member account would be refused making access keys (decided, not done)",
    severity="high",
    cells=(
        "organizations/identity/customer",
        "*/identity/customer",
    ),
    why="No policy of the account limits its root user; only the organization's do.",
)
def root_refused(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    management = account.management
    if management is None or management == account.account:
        yield not_applicable(account.root, "the account is no member account")
        return
    if probe.simulated(account.root, "iam:CreateAccessKey"):
        yield failed(
            account.root, "the root user would be allowed to make access keys", {"iam:CreateAccessKey": "allowed"}
        )
    else:
        yield passed(account.root, "the root user would be refused")
