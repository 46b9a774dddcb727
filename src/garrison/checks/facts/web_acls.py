"""Web ACLs: those of every region that is assessed, and those of distributions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.api import Api, More, Refused, pages, readable
from garrison.checks.fact import fact

_MORE: More = ((None, "NextMarker", "NextMarker"),)


@fact("web-acls", "wafv2:ListWebACLs", "wafv2:GetWebACL", "wafv2:GetLoggingConfiguration")
def web_acls(api: Api) -> list[dict[str, Any]]:
    """`Arn`, `Name`, `Scope`, `Region`, `Rules` (how many, firewall manager's among them) and `Logs`."""
    places = list(api.regional())
    found = [one for place in places for one in _of(place, "REGIONAL")]
    for place in places:
        if place.region == "us-east-1":
            found += _of(place, "CLOUDFRONT")
    return found


def _of(api: Api, scope: str) -> Iterator[dict[str, Any]]:
    listed = list(pages(api, "wafv2", "ListWebACLs", "WebACLs", more=_MORE, Scope=scope))
    asked = [{"Name": one["Name"], "Scope": scope, "Id": one["Id"]} for one in listed]
    acls = readable("wafv2:GetWebACL", api.several("wafv2", "GetWebACL", asked))
    logs = [{"ResourceArn": one["ARN"]} for one in listed]
    logging = readable("wafv2:GetLoggingConfiguration", api.several("wafv2", "GetLoggingConfiguration", logs))
    for one, acl, logged in zip(listed, acls, logging, strict=True):
        if isinstance(acl, Refused):
            continue
        body = acl["WebACL"]
        groups = (body.get("PreProcessFirewallManagerRuleGroups"), body.get("PostProcessFirewallManagerRuleGroups"))
        yield {
            "Arn": one["ARN"],
            "Name": one["Name"],
            "Scope": scope,
            "Region": api.region,
            "Rules": sum(len(rules or ()) for rules in (body.get("Rules"), *groups)),
            "Logs": not isinstance(logged, Refused),
        }
