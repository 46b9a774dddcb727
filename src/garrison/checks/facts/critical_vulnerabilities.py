"""What Inspector found that is critical and still there, in every region that is assessed."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, pages
from garrison.checks.fact import fact


@fact("critical-vulnerabilities", "inspector2:ListFindings")
def critical_vulnerabilities(api: Api) -> list[dict[str, Any]]:
    """For each region: `Region`, and `Findings`: `Arn`, `Title`, `FirstObserved` (ISO 8601) and `Resources` (ids)."""
    return [{"Region": place.region, "Findings": _findings(place)} for place in api.regional()]


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
