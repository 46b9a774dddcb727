"""Nobody works as the root user."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.ages import days_since
from garrison.checks.api import NotRead
from garrison.checks.check import Fix, Outcome, check, failed, passed
from garrison.checks.snapshot import Snapshot

DAYS = 30


@check(
    "iam.root-use",
    f"Nobody signed in as the root user for {DAYS} days",
    severity="medium",
    cells=("iam/identity/customer",),
    needs=("credentials",),
    why="Nothing limits the root user, and nobody can tell who it was.",
)
def root_use(account: Snapshot) -> Iterator[Outcome]:
    root = account.fact("credentials")["root"]
    if root is None:
        raise NotRead("iam:GetCredentialReport", "only the report tells of the root user")
    moments = [root["password_last_used"], *(key["last_used"] for key in root["keys"])]
    ages = [days_since(moment, account.now) for moment in moments if moment]
    if not ages or min(ages) >= DAYS:
        yield passed(account.root, "the root user was not used lately", {"days_ago": min(ages)} if ages else {})
        return
    fix = Fix((), account.account, "Find out what it was used for (garrison logs, CloudTrail) and give that a role.")
    yield failed(account.root, f"the root user was used {min(ages)} days ago", {"days_ago": min(ages)}, fix=fix)
