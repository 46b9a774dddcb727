"""The organization's resource policy, which delegates the management of its policies."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, Refused
from garrison.checks.fact import fact


@fact("delegation-policy", "organizations:DescribeResourcePolicy")
def delegation_policy(api: Api) -> dict[str, Any] | None:
    """`Content` and `ResourcePolicySummary`; None where there is none."""
    try:
        found: dict[str, Any] = api.call("organizations", "DescribeResourcePolicy")["ResourcePolicy"]
    except Refused as e:
        if e.code in ("ResourcePolicyNotFoundException", "AWSOrganizationsNotInUseException"):
            return None
        raise
    return found
