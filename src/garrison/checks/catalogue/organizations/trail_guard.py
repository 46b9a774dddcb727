"""Member accounts cannot switch the record off."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check, each, failed, not_applicable
from garrison.checks.reasoning.guards import SCP, guard, member_may, members
from garrison.checks.snapshot import Snapshot

ACTIONS = ("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors")


@check(
    "organizations.trail-guard",
    "No member account can switch the record of what is done off",
    severity="high",
    cells=("organizations/identity/customer", "cloudtrail/logging/customer"),
    needs=("organization",),
    scope="organization",
    why="The first thing an intruder does is to see that nobody sees.",
)
def trail_guard(account: Snapshot) -> Iterator[Outcome]:
    if account.organization is None:
        yield not_applicable(account.root, "the account is in no organization")
        return

    def test(member: str) -> Outcome | None:
        trail = f"arn:aws:cloudtrail:us-east-1:{member}:trail/any"
        may = [action for action in ACTIONS if member_may(account, member, action, trail)]
        if not may:
            return None
        fix = guard(account, SCP, "no-trail-changes", {"Effect": "Deny", "Action": list(ACTIONS), "Resource": "*"})
        subject = f"arn:{account.partition}:iam::{member}:root"
        reason = f"an administrator of account {member} can switch the record off"
        return failed(subject, reason, {"actions": may}, fix=fix)

    yield from each(account, members(account), test, "member accounts")
