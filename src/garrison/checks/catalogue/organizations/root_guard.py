"""Root users of member accounts can do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check, each, failed, not_applicable
from garrison.checks.reasoning.guards import SCP, guard, member_may, members
from garrison.checks.snapshot import Snapshot

WITNESSES = ("iam:CreateAccessKey", "s3:PutBucketPolicy", "ec2:RunInstances")


@check(
    "organizations.root-guard",
    "The root users of member accounts can do nothing",
    severity="high",
    cells=("organizations/identity/customer", "*/identity/customer"),
    needs=("organization",),
    scope="organization",
    why="No policy of the account limits its root user; only the organization's do.",
)
def root_guard(account: Snapshot) -> Iterator[Outcome]:
    if account.organization is None:
        yield not_applicable(account.root, "the account is in no organization")
        return

    def test(member: str) -> Outcome | None:
        may = [action for action in WITNESSES if member_may(account, member, action, root=True)]
        if not may:
            return None
        statement = {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"},
                # Sessions of sts assume-root, which the organization hands out itself, go on.
                "Null": {"aws:AssumedRoot": "true"},
            },
        }
        fix = guard(account, SCP, "no-root-users", statement)
        subject = f"arn:{account.partition}:iam::{member}:root"
        return failed(subject, f"the root user of account {member} can act", {"actions": may}, fix=fix)

    yield from each(account, members(account), test, "member accounts")
