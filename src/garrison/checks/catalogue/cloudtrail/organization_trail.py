"""One trail records all accounts."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.reasoning.guards import arn
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.organization-trail",
    "A trail of the organization records every account",
    severity="medium",
    cells=("cloudtrail/logging/customer", "organizations/logging/customer"),
    needs=("trails", "organization-membership"),
    scope="organization",
    why="A member account's own trail is switched off by whoever takes the account over.",
)
def organization_trail(account: Snapshot) -> Iterator[Outcome]:
    if account.fact("organization-membership") is None:
        yield not_applicable(account.root, "the account is in no organization")
        return
    trails = account.fact("trails")
    found = [trail for trail in trails if trail.get("IsOrganizationTrail")]
    if found:
        yield passed(found[0]["TrailARN"], "one trail records every account")
        return
    commands = [aws("organizations", "enable-aws-service-access", service_principal="cloudtrail.amazonaws.com")]
    if trails:
        trail = trails[0]
        commands.append(
            aws("cloudtrail", "update-trail", region=trail["HomeRegion"], name=trail["Name"],
                is_organization_trail=True)
        )  # fmt: skip
    fix = Fix(tuple(commands), account.account, "Its bucket has to let in the trail for every account.")
    yield failed(arn(account), "no trail records every account", {"trails": len(trails)}, fix=fix)
