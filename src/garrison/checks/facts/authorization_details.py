"""Users, groups, roles and policies."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api
from garrison.checks.fact import fact

MEMBERS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@fact("authorization-details", "iam:GetAccountAuthorizationDetails")
def authorization_details(api: Api) -> dict[str, list[Any]]:
    """As `aws iam get-account-authorization-details` prints it, all pages in one."""
    found: dict[str, list[Any]] = {member: [] for member in MEMBERS}
    marker: str | None = None
    while True:
        given = {"MaxItems": 1000} | ({} if marker is None else {"Marker": marker})
        page = api.call("iam", "GetAccountAuthorizationDetails", **given)
        for member, several in found.items():
            several += page.get(member) or ()
        marker = page.get("Marker") if page.get("IsTruncated") else None
        if marker is None:
            return found
