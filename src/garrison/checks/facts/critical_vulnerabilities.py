"""What Inspector found that is critical and still there, in every region that is assessed."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, pages
from garrison.checks.fact import fact


@fact("critical-vulnerabilities", "inspector2:BatchGetAccountStatus", "inspector2:ListFindings")
def critical_vulnerabilities(api: Api) -> list[dict[str, Any]]:
    """For each region in which Inspector is on: `Region`, and `Findings`: `Arn`, `Title`, `FirstObserved` (ISO 8601)
    and `Resources` (ids). Where it is off it answers nobody, and has found nothing."""
    return [{"Region": place.region, "Findings": _findings(place)} for place in api.regional() if _on(place)]


def _on(api: Api) -> bool:
    accounts = api.call("inspector2", "BatchGetAccountStatus", accountIds=[api.account]).get("accounts") or []
    return not accounts or accounts[0].get("state", {}).get("status") not in ("DISABLED", "DISABLING")


def _findings(api: Api) -> list[dict[str, Any]]:
    criteria = {
        "severity": [{"comparison": "EQUALS", "value": "CRITICAL"}],
        "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}],
        "awsAccountId": [{"comparison": "EQUALS", "value": api.account}],
    }
    return [
        {
            "Arn": one["findingArn"],
            "Title": one.get("title", ""),
            "FirstObserved": one["firstObservedAt"],
            "Resources": [resource["id"] for resource in one.get("resources") or ()],
        }
        for one in pages(api, "inspector2", "ListFindings", "findings", filterCriteria=criteria)
    ]
