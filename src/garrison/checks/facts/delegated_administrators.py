"""Accounts that administer a service for the whole organization."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, Refused, pages
from garrison.checks.fact import fact


@fact(
    "delegated-administrators",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListDelegatedServicesForAccount",
)
def delegated_administrators(api: Api) -> list[dict[str, Any]]:
    """As ListDelegatedAdministrators has them, each with its `Services`."""
    try:
        found = list(pages(api, "organizations", "ListDelegatedAdministrators", "DelegatedAdministrators"))
    except Refused as e:
        if e.code == "AWSOrganizationsNotInUseException":
            return []
        raise
    for one in found:
        services = pages(
            api, "organizations", "ListDelegatedServicesForAccount", "DelegatedServices", AccountId=one["Id"]
        )
        one["Services"] = [service["ServicePrincipal"] for service in services]
    return found
