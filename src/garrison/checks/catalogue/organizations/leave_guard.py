"""Member accounts cannot leave."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check, each, failed, not_applicable
from garrison.checks.reasoning.guards import SCP, guard, member_may, members
from garrison.checks.snapshot import Snapshot


@check(
    "organizations.leave-guard",
    "No member account can leave the organization",
    severity="high",
    cells=("organizations/identity/customer",),
    needs=("organization",),
    scope="organization",
    why="An account that left is bound by nothing of the organization any more.",
)
def leave_guard(account: Snapshot) -> Iterator[Outcome]:
    if account.organization is None:
        yield not_applicable(account.root, "the account is in no organization")
        return

    def test(member: str) -> Outcome | None:
        if not member_may(account, member, "organizations:LeaveOrganization"):
            return None
        statement = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
        fix = guard(account, SCP, "no-leaving", statement)
        subject = f"arn:{account.partition}:iam::{member}:root"
        return failed(subject, f"an administrator of account {member} can take it out of the organization", fix=fix)

    yield from each(account, members(account), test, "member accounts")
