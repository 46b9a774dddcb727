"""The organization governs, and does not only pay."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.reasoning.guards import arn
from garrison.checks.snapshot import Snapshot


@check(
    "organizations.all-features",
    "The organization has all features, not consolidated billing alone",
    severity="high",
    cells=("organizations/identity/customer",),
    needs=("organization-membership",),
    scope="organization",
    why="Without them no policy of the organization binds anybody.",
)
def all_features(account: Snapshot) -> Iterator[Outcome]:
    found = account.fact("organization-membership")
    if found is None:
        yield not_applicable(account.root, "the account is in no organization")
        return
    features = found.get("FeatureSet")
    if features == "CONSOLIDATED_BILLING":
        fix = Fix((aws("organizations", "enable-all-features"),), account.account, "Each member account has to agree.")
        yield failed(
            str(found.get("Arn") or account.root), "the organization only pays", {"FeatureSet": features}, fix=fix
        )
    elif features == "ALL":
        yield passed(
            str(found.get("Arn") or account.root), "the organization has all features", {"FeatureSet": features}
        )
    else:
        yield not_applicable(arn(account), "what was read does not say which features the organization has")
