"""Shield Advanced: whether the account is subscribed, and what it protects."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, More, pages
from garrison.checks.fact import fact

_MORE: More = ((None, "NextToken", "NextToken"),)


@fact("shield-protections", "shield:GetSubscriptionState", "shield:ListProtections")
def shield_protections(api: Api) -> dict[str, Any]:
    """`Subscribed`, and `Protections`: as ListProtections has them. Shield has one endpoint for all regions."""
    if api.call("shield", "GetSubscriptionState").get("SubscriptionState") != "ACTIVE":
        return {"Subscribed": False, "Protections": []}
    return {"Subscribed": True, "Protections": list(pages(api, "shield", "ListProtections", "Protections", more=_MORE))}
