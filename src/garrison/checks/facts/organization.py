"""The organization: its tree, and the policies that are attached to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.api import Api, Refused, pages
from garrison.checks.fact import fact

TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


@fact(
    "organization",
    "organizations:DescribeOrganization",
    "organizations:ListRoots",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListAccountsForParent",
    "organizations:ListPolicies",
    "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy",
)
def organization(api: Api) -> dict[str, Any] | None:
    """`Organization`, `Roots`, `OrganizationalUnits`, `Accounts`, `Policies`, as `garrison export` has them; None for
    an account that is in none."""
    try:
        about = api.call("organizations", "DescribeOrganization")["Organization"]
    except Refused as e:
        if e.code == "AWSOrganizationsNotInUseException":
            return None
        raise
    roots = list(pages(api, "organizations", "ListRoots", "Roots"))
    units: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    parents = [root["Id"] for root in roots]
    while parents:
        parent = parents.pop()
        for unit in _children(api, "ListOrganizationalUnitsForParent", "OrganizationalUnits", parent):
            units.append(unit)
            parents.append(unit["Id"])
        accounts += _children(api, "ListAccountsForParent", "Accounts", parent)
    enabled = {t["Type"] for root in roots for t in root.get("PolicyTypes") or () if t["Status"] == "ENABLED"}
    return {
        "Organization": about,
        "Roots": roots,
        "OrganizationalUnits": units,
        "Accounts": accounts,
        "Policies": [policy for kind in TYPES if kind in enabled for policy in _policies(api, kind)],
    }


def _children(api: Api, operation: str, member: str, parent: str) -> Iterator[dict[str, Any]]:
    for child in pages(api, "organizations", operation, member, ParentId=parent):
        yield {**child, "ParentId": parent}


def _policies(api: Api, kind: str) -> Iterator[dict[str, Any]]:
    for summary in pages(api, "organizations", "ListPolicies", "Policies", Filter=kind):
        policy = api.call("organizations", "DescribePolicy", PolicyId=summary["Id"])["Policy"]
        targets = list(pages(api, "organizations", "ListTargetsForPolicy", "Targets", PolicyId=summary["Id"]))
        yield {**policy, "Targets": targets}
