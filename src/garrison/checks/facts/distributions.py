"""CloudFront distributions, and what protects them."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api
from garrison.checks.fact import fact


@fact("distributions", "cloudfront:ListDistributions")
def distributions(api: Api) -> list[dict[str, Any]]:
    """`Arn`, `Id`, `WebAcl` (its ARN or id, or ""), `Viewers`: the viewer protocol policies of its behaviours, and
    `OldestTls`: the least version it takes, as CloudFront names it (`TLSv1.2_2021`)."""
    found: list[dict[str, Any]] = []
    marker: dict[str, Any] = {}
    while True:
        listed = api.call("cloudfront", "ListDistributions", **marker).get("DistributionList") or {}
        found += [_distribution(one) for one in listed.get("Items") or ()]
        if not listed.get("NextMarker"):
            return found
        marker = {"Marker": listed["NextMarker"]}


def _distribution(one: dict[str, Any]) -> dict[str, Any]:
    behaviours = [one.get("DefaultCacheBehavior") or {}, *((one.get("CacheBehaviors") or {}).get("Items") or ())]
    return {
        "Arn": one["ARN"],
        "Id": one["Id"],
        "WebAcl": one.get("WebACLId") or "",
        "Viewers": sorted({behaviour.get("ViewerProtocolPolicy", "") for behaviour in behaviours}),
        "OldestTls": (one.get("ViewerCertificate") or {}).get("MinimumProtocolVersion") or "",
    }
