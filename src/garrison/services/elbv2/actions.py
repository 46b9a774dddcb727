"""Actions of listeners and rules: checked, kept in the API's form, and translated for the edge.

Source: Application Load Balancers guide, "Action types for listener rules"; ELB API reference, `Action`.
"""

from __future__ import annotations

from typing import Any

from garrison.access import sites
from garrison.access.call import Call
from garrison.services.elbv2 import arns, find, quotas
from garrison.services.elbv2.errors import error, validation
from garrison.services.elbv2.load_balancers import drop_links
from garrison.services.elbv2.resources import FORWARDS
from garrison.store import Reader, Transaction

_TYPES = ("forward", "redirect", "fixed-response")
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
_REDIRECT = {
    "Protocol": "#{protocol}",
    "Host": "#{host}",
    "Port": "#{port}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


def checked(call: Call, reader: Reader, given: list[dict[str, Any]], load_balancer: str) -> list[dict[str, Any]]:
    """The actions in the form answers have them. Raises the service's errors."""
    if not given:
        raise validation("An action must be specified")
    for action in given:
        if action["Type"] not in _TYPES:
            raise error(
                "InvalidLoadBalancerAction",
                f"Actions of type '{action['Type']}' are not supported by this Garrison",
            )
    if len(given) > 1:
        raise error("TooManyActions", "A rule can only have one action of type forward, redirect or fixed-response")
    action = given[0]
    shown: dict[str, Any] = {"Type": action["Type"]}
    if "Order" in action:
        shown["Order"] = action["Order"]
    if action["Type"] == "forward":
        return [{**shown, **_forward(call, reader, action, load_balancer)}]
    if action["Type"] == "redirect":
        return [{**shown, "RedirectConfig": _redirect(action)}]
    return [{**shown, "FixedResponseConfig": _fixed(action)}]


def _forward(call: Call, reader: Reader, action: dict[str, Any], load_balancer: str) -> dict[str, Any]:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    alone = action.get("TargetGroupArn")
    if alone and not groups:
        groups = [{"TargetGroupArn": alone}]
    if not groups:
        raise validation("A target group ARN must be specified")
    if alone and [group.get("TargetGroupArn") for group in groups] != [alone]:
        raise validation("Target group ARN must match the one in the forward config")
    if len(groups) > quotas.limit(call, "target-groups-per-action-on-application-load-balancer"):
        raise error("TooManyUniqueTargetGroupsPerLoadBalancer", "An action can only have '5' target groups")
    if len({group.get("TargetGroupArn") for group in groups}) < len(groups):
        raise validation("Target group ARNs of a forward action must be unique")
    weighted = []
    for group in groups:
        row = find.target_group(call, reader, group.get("TargetGroupArn", ""))
        used = {arns.load_balancer_of(link.source) for link in reader.sources(FORWARDS, row.id)}
        if used - {load_balancer}:
            raise error(
                "TargetGroupAssociationLimit",
                f"The following target groups cannot be associated with more than one load balancer: {row.id}",
            )
        weight = group.get("Weight", 1)
        if not 0 <= weight <= 999:
            raise validation(f"Target group weight '{weight}' must be between 0 and 999")
        weighted.append({"TargetGroupArn": row.id, "Weight": weight})
    if not any(group["Weight"] for group in weighted) and len(weighted) > 1:
        raise validation("At least one target group must have a weight greater than 0")
    sticky = config.get("TargetGroupStickinessConfig") or {}
    enabled = sticky.get("Enabled", False)
    shown_sticky: dict[str, Any] = {"Enabled": enabled}
    if enabled:
        seconds = sticky.get("DurationSeconds")
        if seconds is None or not 1 <= seconds <= 604800:
            raise validation("Target group stickiness duration must be between 1 and 604800 seconds")
        shown_sticky["DurationSeconds"] = seconds
    shown: dict[str, Any] = {"ForwardConfig": {"TargetGroups": weighted, "TargetGroupStickinessConfig": shown_sticky}}
    if len(weighted) == 1:
        shown = {"TargetGroupArn": weighted[0]["TargetGroupArn"], **shown}
    return shown


def _redirect(action: dict[str, Any]) -> dict[str, Any]:
    config = action.get("RedirectConfig")
    if not config:
        raise validation("A redirect configuration must be specified")
    found = {**_REDIRECT, **config}
    port = found["Port"]
    if port != "#{port}" and not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise validation(f"The redirect port '{port}' must be '#{{port}}' or a number between 1 and 65535")
    if not found["Path"].startswith("/"):
        raise validation(f"The redirect path '{found['Path']}' must begin with '/'")
    if {name: found[name] for name in _REDIRECT} == _REDIRECT:
        raise error("InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop.")
    return found


def _fixed(action: dict[str, Any]) -> dict[str, Any]:
    config = action.get("FixedResponseConfig")
    if not config:
        raise validation("A fixed response configuration must be specified")
    kind = config.get("ContentType")
    if kind is not None and kind not in _CONTENT_TYPES:
        raise validation(f"The content type '{kind}' must be one of '{', '.join(_CONTENT_TYPES)}'")
    return dict(config)


def link(tx: Transaction, account: str, arn: str, actions: list[dict[str, Any]]) -> None:
    """Remember which target groups a listener or rule forwards to."""
    drop_links(tx, arn)
    for action in actions:
        for group in (action.get("ForwardConfig") or {}).get("TargetGroups", ()):
            tx.link(FORWARDS, account, arn, group["TargetGroupArn"])


def translated(actions: list[dict[str, Any]]) -> sites.Forward | sites.Redirect | sites.Fixed:
    """The one action as the edge has it."""
    action = actions[0]
    if action["Type"] == "forward":
        config = action["ForwardConfig"]
        pools = tuple([(group["TargetGroupArn"], group["Weight"]) for group in config["TargetGroups"]])
        sticky = config.get("TargetGroupStickinessConfig") or {}
        return sites.Forward(pools, sticky.get("DurationSeconds", 0) if sticky.get("Enabled") else 0)
    if action["Type"] == "redirect":
        config = action["RedirectConfig"]
        return sites.Redirect(
            protocol=config["Protocol"],
            host=config["Host"],
            port=config["Port"],
            path=config["Path"],
            query=config["Query"],
            status=int(config["StatusCode"].removeprefix("HTTP_")),
        )
    config = action["FixedResponseConfig"]
    return sites.Fixed(
        int(config["StatusCode"]), config.get("ContentType", "text/plain"), config.get("MessageBody", "")
    )
