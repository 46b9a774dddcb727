"""SSH of a security group opened to the internet.

Logic: specification 2, `EC2SecurityGroupPublicSSH`: a rule that lets in the whole internet, or half of it, to port
22.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import items, text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

TYPE = "Persistence:EC2/ExternalRemoteServices"
SSH = 22


@on_event(ApiCall, TYPE, names=("AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules"))
def open_ssh(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "ec2" or call.error or not any(_opens(rule) for rule in _rules(call.params)):
        return ()
    request = call.params.get("ModifySecurityGroupRulesRequest")
    params = request if isinstance(request, dict) else call.params
    group = text(params.get("groupId") or params.get("GroupId") or params.get("groupName"))
    return (of_rule("EC2SecurityGroupPublicSSH", call, context, resource=group),)


def _rules(params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for rule in items(params.get("ipPermissions")):
        if isinstance(rule, dict):
            yield rule
    if params.get("cidrIp") or params.get("cidrIpv6"):
        yield params
    request = params.get("ModifySecurityGroupRulesRequest")
    for one in items(request.get("SecurityGroupRule")) if isinstance(request, dict) else ():
        rule = one.get("SecurityGroupRule") if isinstance(one, dict) else None
        if isinstance(rule, dict):
            yield {name[:1].lower() + name[1:]: value for name, value in rule.items()}


def _opens(rule: dict[str, Any]) -> bool:
    return _covers(rule) and any(_internet(cidr) for cidr in _ranges(rule))


def _covers(rule: dict[str, Any]) -> bool:
    protocol = str(rule.get("ipProtocol", "-1"))
    if protocol == "-1":
        return True
    if protocol not in ("tcp", "6"):
        return False
    try:
        low, high = int(rule.get("fromPort", 0)), int(rule.get("toPort", 65535))
    except (TypeError, ValueError):
        return False
    return low <= SSH <= high


def _ranges(rule: dict[str, Any]) -> Iterator[str]:
    for name in ("cidrIp", "cidrIpv4", "cidrIpv6"):
        yield text(rule.get(name))
    for many, one in (("ipRanges", "cidrIp"), ("ipv6Ranges", "cidrIpv6")):
        for entry in items(rule.get(many)):
            if isinstance(entry, dict):
                yield text(entry.get(one))


def _internet(cidr: str) -> bool:
    return cidr.rpartition("/")[2] in ("0", "1") and "/" in cidr
