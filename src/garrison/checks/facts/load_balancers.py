"""Application load balancers in every region that is assessed, and what protects them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from garrison.checks.api import Api, More, pages
from garrison.checks.fact import fact

_MORE: More = ((None, "NextMarker", "Marker"),)
ADDRESS = "aws:garrison:address"
"""How the tags begin that say where on a Garrison's machine a listener is."""


@fact(
    "load-balancers",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTags",
    "wafv2:GetWebACLForResource",
)
def load_balancers(api: Api) -> list[dict[str, Any]]:
    """`Arn`, `Name`, `Scheme`, `Region`, `Listeners` (port, protocol, kinds of default actions, `SslPolicy` and the
    `Versions` of TLS it takes), `WebAcl` (its ARN, or None) and `Addresses`: where its HTTP listeners are reached."""
    return [one for place in api.regional() for one in _balancers(place)]


def _balancers(api: Api) -> Iterator[dict[str, Any]]:
    for one in pages(api, "elbv2", "DescribeLoadBalancers", "LoadBalancers", more=_MORE):
        if one.get("Type", "application") != "application":
            continue
        arn = one["LoadBalancerArn"]
        listeners = list(pages(api, "elbv2", "DescribeListeners", "Listeners", more=_MORE, LoadBalancerArn=arn))
        versions = _versions(api, {one["SslPolicy"] for one in listeners if one.get("SslPolicy")})
        protecting = api.call("wafv2", "GetWebACLForResource", ResourceArn=arn).get("WebACL") or {}
        yield {
            "Arn": arn,
            "Name": one["LoadBalancerName"],
            "Scheme": one.get("Scheme", ""),
            "Region": api.region,
            "Listeners": [_listener(listener, versions) for listener in listeners],
            "WebAcl": protecting.get("ARN"),
            "Addresses": _addresses(api, one, listeners),
        }


def _versions(api: Api, policies: set[str]) -> dict[str, list[str]]:
    """The versions of TLS that policies take."""
    if not policies:
        return {}
    told = api.call("elbv2", "DescribeSSLPolicies", Names=sorted(policies)).get("SslPolicies") or ()
    return {one["Name"]: sorted(one.get("SslProtocols") or ()) for one in told}


def _addresses(api: Api, balancer: dict[str, Any], listeners: list[dict[str, Any]]) -> list[str]:
    """Those of its HTTP listeners. A Garrison says in a tag where on its machine that is; AWS has the DNS name."""
    ports = [one["Port"] for one in listeners if one.get("Protocol") == "HTTP"]
    told = api.call("elbv2", "DescribeTags", ResourceArns=[balancer["LoadBalancerArn"]]).get("TagDescriptions") or ()
    here = {tag["Key"]: tag["Value"] for one in told for tag in one.get("Tags") or ()}
    public = balancer.get("DNSName") if balancer.get("Scheme") == "internet-facing" else None
    found = [here.get(f"{ADDRESS}:{port}") or (f"http://{public}:{port}" if public else "") for port in ports]
    return [one for one in found if one]


def _listener(one: dict[str, Any], versions: Mapping[str, list[str]]) -> dict[str, Any]:
    redirects = [action.get("RedirectConfig", {}).get("Protocol", "") for action in one.get("DefaultActions") or ()]
    return {
        "Arn": one["ListenerArn"],
        "Port": one.get("Port"),
        "Protocol": one.get("Protocol"),
        "Actions": [action["Type"] for action in one.get("DefaultActions") or ()],
        "RedirectsTo": [protocol for protocol in redirects if protocol],
        "SslPolicy": one.get("SslPolicy"),
        "Versions": versions.get(one.get("SslPolicy") or "", []),
    }
