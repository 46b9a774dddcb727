"""Centralized root access: what of it is switched on."""

from __future__ import annotations

from garrison.checks.api import Api, Refused
from garrison.checks.fact import fact

_OFF = tuple(
    name + suffix
    for name in ("ServiceAccessNotEnabled", "OrganizationNotFound", "OrganizationNotInAllFeaturesMode")
    for suffix in ("", "Exception")
)


@fact("organization-features", "iam:ListOrganizationsFeatures")
def organization_features(api: Api) -> list[str]:
    """Of `RootCredentialsManagement` and `RootSessions`, those enabled."""
    try:
        return list(api.call("iam", "ListOrganizationsFeatures").get("EnabledFeatures") or ())
    except Refused as e:
        if e.code in _OFF:
            return []
        raise
