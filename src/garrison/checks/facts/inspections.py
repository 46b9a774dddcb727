"""Inspector in every region that is assessed: which kinds of resources it scans."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api
from garrison.checks.fact import fact


@fact("inspections", "inspector2:BatchGetAccountStatus")
def inspections(api: Api) -> list[dict[str, Any]]:
    """For each region: `Region`, and `Scanned`: status by kind of resource (`ec2`, `ecr`, `lambda`)."""
    found = []
    for place in api.regional():
        accounts = place.call("inspector2", "BatchGetAccountStatus", accountIds=[api.account]).get("accounts") or []
        kinds = accounts[0].get("resourceState", {}) if accounts else {}
        found.append(
            {
                "Region": place.region,
                "Scanned": {kind: state.get("status", "") for kind, state in sorted(kinds.items())},
            }
        )
    return found
