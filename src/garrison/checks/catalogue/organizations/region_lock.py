"""Member accounts work in the regions that are watched."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check, each, failed, not_applicable
from garrison.checks.reasoning.guards import SCP, guard, member_may, members
from garrison.checks.snapshot import Snapshot

SOMEWHERE = ("ap-southeast-3", "af-south-1", "sa-east-1", "me-central-1", "ap-northeast-3")
"""Regions hardly anybody uses all of."""
GLOBAL = (
    "iam:*", "organizations:*", "sts:*", "account:*", "support:*", "health:*", "cloudfront:*", "route53:*",
    "route53domains:*", "globalaccelerator:*", "shield:*", "waf:*", "wafv2:*", "budgets:*", "ce:*", "artifact:*",
    "s3:ListAllMyBuckets", "s3:GetBucketLocation",
)  # fmt: skip
"""What has no region, or only one."""


@check(
    "organizations.region-lock",
    "Member accounts can work only in some regions",
    severity="medium",
    cells=("organizations/identity/customer",),
    needs=("organization",),
    scope="organization",
    why="Miners start machines where nobody looks.",
)
def region_lock(account: Snapshot) -> Iterator[Outcome]:
    if account.organization is None:
        yield not_applicable(account.root, "the account is in no organization")
        return

    def test(member: str) -> Outcome | None:
        open_ = [r for r in SOMEWHERE if member_may(account, member, "ec2:RunInstances", region=r)]
        if len(open_) < len(SOMEWHERE):
            return None
        statement = {
            "Effect": "Deny",
            "NotAction": list(GLOBAL),
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": sorted({*account.regions, "us-east-1"})}},
        }
        note = "It leaves the regions that were assessed; put in the ones you use, and try it first: garrison replay."
        fix = guard(account, SCP, "region-lock", statement, note=note)
        subject = f"arn:{account.partition}:iam::{member}:root"
        return failed(subject, f"account {member} can work in every region", {"open": open_}, fix=fix)

    yield from each(account, members(account), test, "member accounts")
