"""CloudTrail's trails, as each region that is assessed sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.api import Api, Refused, readable
from garrison.checks.fact import fact


@fact("trails", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")
def trails(api: Api) -> list[dict[str, Any]]:
    """As DescribeTrails has them, each once, with `Status` and `Selectors` (None where they cannot be read: a trail of
    the organization's, say)."""
    found: dict[str, dict[str, Any]] = {}
    for place in api.regional():
        for trail in _trails(place):
            found.setdefault(trail["TrailARN"], trail)
    return list(found.values())


def _trails(api: Api) -> Iterator[dict[str, Any]]:
    described = api.call("cloudtrail", "DescribeTrails").get("trailList") or []
    asked = [{"Name": trail["TrailARN"]} for trail in described]
    status = readable("cloudtrail:GetTrailStatus", api.several("cloudtrail", "GetTrailStatus", asked))
    named = [{"TrailName": one["Name"]} for one in asked]
    selectors = readable("cloudtrail:GetEventSelectors", api.several("cloudtrail", "GetEventSelectors", named))
    for trail, state, selected in zip(described, status, selectors, strict=True):
        yield {
            **trail,
            "Status": None if isinstance(state, Refused) else state,
            "Selectors": None if isinstance(selected, Refused) else selected,
        }
