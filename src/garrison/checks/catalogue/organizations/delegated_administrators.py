"""Security is administered from an account of its own."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.reasoning.guards import arn, members
from garrison.checks.snapshot import Snapshot

_WORDS = ("secur", "audit", "log")


@check(
    "organizations.delegated-administrators",
    "Some member account administers services for the organization, so that not all is done in the management account",
    severity="low",
    cells=("organizations/identity/customer",),
    needs=("organization", "delegated-administrators"),
    scope="organization",
    why="Whoever works in the management account every day works where no policy of the organization binds.",
)
def delegated_administrators(account: Snapshot) -> Iterator[Outcome]:
    inside = members(account)
    if account.organization is None or not inside:
        yield not_applicable(account.root, "there are no member accounts")
        return
    delegated = account.fact("delegated-administrators")
    if delegated:
        observed = {one["Id"]: sorted(one.get("Services") or ()) for one in delegated}
        yield passed(arn(account), "services are administered from member accounts", observed)
        return
    names = {a["Id"]: str(a.get("Name", "")).lower() for a in account.organization["Accounts"]}
    fitting = [m for m in inside if any(word in names[m] for word in _WORDS)]
    commands = (
        aws("organizations", "enable-aws-service-access", service_principal="iam.amazonaws.com"),
        aws("organizations", "register-delegated-administrator", account_id=(fitting or inside)[0],
            service_principal="iam.amazonaws.com"),
    )  # fmt: skip
    fix = Fix(commands, account.account, "Take the account your security people work in.")
    yield failed(arn(account), "everything is administered from the management account", fix=fix)
