"""Who may switch the record off is an administrator, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.administrators import administrators
from garrison.checks.reasoning.asking import Who, people
from garrison.checks.reasoning.removal import denied
from garrison.checks.snapshot import Snapshot
from garrison.policy.outsiders import UNNAMED

ACTIONS = ("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors")


@check(
    "iam.policy-stop-trail",
    "Only administrators may switch the record of what is done off",
    severity="medium",
    cells=("iam/identity/customer", "cloudtrail/logging/customer"),
    needs=("authorization-details",),
    why="The first thing an intruder does is to see that nobody sees.",
)
def policy_stop_trail(account: Snapshot) -> Iterator[Outcome]:
    able = {who.arn for who in administrators(account)}
    trail = f"arn:aws:cloudtrail:us-east-1:{account.account}:trail/{UNNAMED}"

    def test(who: Who) -> Outcome | None:
        may = [action for action in ACTIONS if who.mentions(action) and who.may(action, trail).allowed]
        if not may:
            return None
        command = denied(who.arn, "no-trail-changes", {"Action": list(ACTIONS), "Resource": "*"})
        reason = f"{who.entity.name} may switch the record off"
        return failed(who.arn, reason, {"actions": may}, fix=Fix((command,), account.account))

    others = (who for who in people(account) if who.arn not in able)
    return each(account, others, test, "users and roles that are no administrators")
