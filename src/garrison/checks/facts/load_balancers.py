"""Application load balancers in every region that is assessed, and what protects them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.api import Api, More, pages
from garrison.checks.fact import fact

_MORE: More = ((None, "NextMarker", "Marker"),)


@fact(
    "load-balancers",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
    "wafv2:GetWebACLForResource",
)
def load_balancers(api: Api) -> list[dict[str, Any]]:
    """`Arn`, `Name`, `Scheme`, `Region`, `Listeners` (port, protocol and kinds of default actions) and `WebAcl` (its
    ARN, or None)."""
    return [one for place in api.regional() for one in _balancers(place)]


def _balancers(api: Api) -> Iterator[dict[str, Any]]:
    for one in pages(api, "elbv2", "DescribeLoadBalancers", "LoadBalancers", more=_MORE):
        if one.get("Type", "application") != "application":
            continue
        arn = one["LoadBalancerArn"]
        listeners = pages(api, "elbv2", "DescribeListeners", "Listeners", more=_MORE, LoadBalancerArn=arn)
        protecting = api.call("wafv2", "GetWebACLForResource", ResourceArn=arn).get("WebACL") or {}
        yield {
            "Arn": arn,
            "Name": one["LoadBalancerName"],
            "Scheme": one.get("Scheme", ""),
            "Region": api.region,
            "Listeners": [_listener(listener) for listener in listeners],
            "WebAcl": protecting.get("ARN"),
        }


def _listener(one: dict[str, Any]) -> dict[str, Any]:
    redirects = [action.get("RedirectConfig", {}).get("Protocol", "") for action in one.get("DefaultActions") or ()]
    return {
        "Arn": one["ListenerArn"],
        "Port": one.get("Port"),
        "Protocol": one.get("Protocol"),
        "Actions": [action["Type"] for action in one.get("DefaultActions") or ()],
        "RedirectsTo": [protocol for protocol in redirects if protocol],
    }
