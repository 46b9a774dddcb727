"""Whose organization an account is in, as every member may know."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, Refused
from garrison.checks.fact import fact


@fact("organization-membership", "organizations:DescribeOrganization")
def organization_membership(api: Api) -> dict[str, Any] | None:
    """As DescribeOrganization has it; None for an account in no organization."""
    try:
        found: dict[str, Any] = api.call("organizations", "DescribeOrganization")["Organization"]
    except Refused as e:
        if e.code == "AWSOrganizationsNotInUseException":
            return None
        raise
    return found
