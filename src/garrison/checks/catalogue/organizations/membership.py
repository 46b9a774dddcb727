"""The account is in an organization."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, passed
from garrison.checks.snapshot import Snapshot


@check(
    "organizations.membership",
    "The account is in an organization",
    severity="medium",
    cells=("organizations/identity/customer",),
    needs=("organization-membership",),
    why="Nothing binds the administrators of an account that stands alone.",
)
def membership(account: Snapshot) -> Iterator[Outcome]:
    found = account.fact("organization-membership")
    if found is not None:
        yield passed(account.root, f"the account is in {found.get('Id')}", {"organization": found.get("Id")})
        return
    fix = Fix((aws("organizations", "create-organization", feature_set="ALL"),), account.account)
    yield failed(account.root, "the account is in no organization", fix=fix)
