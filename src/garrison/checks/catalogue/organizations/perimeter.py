"""Data stays with the organization's own principals."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, check, each, failed, not_applicable
from garrison.checks.reasoning.guards import RCP, guard, members, stranger_may
from garrison.checks.snapshot import Snapshot

WITNESSES = {
    "s3:GetObject": "arn:aws:s3:::any/any",
    "kms:Decrypt": "arn:aws:kms:us-east-1:{account}:key/any",
    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:us-east-1:{account}:secret:any",
    "sqs:ReceiveMessage": "arn:aws:sqs:us-east-1:{account}:any",
}


@check(
    "organizations.perimeter",
    "Nobody from outside the organization can use member accounts' data, whatever its own policy says",
    severity="medium",
    cells=("organizations/identity/customer", "*/data/customer"),
    needs=("organization",),
    scope="organization",
    why="One resource policy with a star opens the data to the world.",
)
def perimeter(account: Snapshot) -> Iterator[Outcome]:
    if account.organization is None:
        yield not_applicable(account.root, "the account is in no organization")
        return

    def test(member: str) -> Outcome | None:
        may = [
            action
            for action, resource in WITNESSES.items()
            if stranger_may(account, member, action, resource.format(account=member))
        ]
        if not may:
            return None
        about = (account.organization or {}).get("Organization") or {}
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": sorted({f"{action.partition(':')[0]}:*" for action in WITNESSES}),
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": str(about.get("Id"))},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        }
        note = "Partners from outside that are to have access need an exception in it (aws:PrincipalAccount)."
        fix = guard(account, RCP, "data-perimeter", statement, note=note)
        subject = f"arn:{account.partition}:iam::{member}:root"
        reason = f"a resource policy of account {member} can let in strangers"
        return failed(subject, reason, {"actions": may}, fix=fix)

    yield from each(account, members(account), test, "member accounts")
