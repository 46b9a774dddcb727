"""Calls to WAF as the gateway makes them: authorized, then invoked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import garrison.services.wafv2  # noqa: F401 - the import registers the operations
from garrison.access import protected
from garrison.policy.principal import Principal
from garrison.store import Reader
from tests.services.organizations.house import MANAGEMENT, House

VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "metric"}


def visible(name: str) -> dict[str, Any]:
    return {**VISIBLE, "MetricName": name}


def rule(name: str, priority: int, statement: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A rule that blocks, unless `more` says otherwise."""
    action: dict[str, Any] = {} if more.keys() & {"Action", "OverrideAction"} else {"Action": {"Block": {}}}
    return {
        "Name": name, "Priority": priority, "Statement": statement, "VisibilityConfig": visible(name), **action, **more,
    }  # fmt: skip


def path_is(text: bytes) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": text,
            "FieldToMatch": {"UriPath": {}},
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
            "PositionalConstraint": "EXACTLY",
        }
    }


class Waf:
    """One account's WAF, and others' beside it."""

    def __init__(self, directory: Path) -> None:
        self.house = House(directory)
        self.account = MANAGEMENT
        self.balancers: set[str] = set()
        protected.provide_protectable(
            protected.Protectable(
                "APPLICATION_LOAD_BALANCER", "elasticloadbalancing", "loadbalancer/test/", self._there
            )
        )

    def _there(self, reader: Reader, account: str, arn: str) -> bool:
        return arn in self.balancers

    def balancer(self, name: str) -> str:
        arn = f"arn:aws:elasticloadbalancing:us-east-1:{self.account}:loadbalancer/test/{name}/0123456789abcdef"
        self.balancers.add(arn)
        return arn

    def run(self, operation: str, by: Principal | str | None = None, **params: Any) -> dict[str, Any]:
        return self.house.run(operation, by, "wafv2", **params)

    def refused(self, operation: str, by: Principal | str | None = None, **params: Any) -> str:
        """The error's code without `WAF` and `Exception`, and its field if it has one."""
        error = self.house.error(operation, by, "wafv2", **params)
        code = error.code.removeprefix("WAF").removesuffix("Exception")
        return f"{code} {error.fields['Field']}" if "Field" in error.fields else code

    def ip_set(self, name: str = "office", *addresses: str, **more: Any) -> dict[str, Any]:
        params = {"Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": list(addresses), **more}
        made: dict[str, Any] = self.run("CreateIPSet", Name=name, **params)["Summary"]
        return made

    def web_acl(self, name: str = "front", *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
        params = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": VISIBLE, **more}
        made: dict[str, Any] = self.run("CreateWebACL", Name=name, Rules=list(rules), **params)["Summary"]
        return made

    def group(self, name: str = "shared", *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
        params = {"Scope": "REGIONAL", "Capacity": 100, "VisibilityConfig": VISIBLE, **more}
        made: dict[str, Any] = self.run("CreateRuleGroup", Name=name, Rules=list(rules), **params)["Summary"]
        return made


def key(summary: dict[str, Any], scope: str = "REGIONAL") -> dict[str, Any]:
    """What names an entity in a call."""
    return {"Name": summary["Name"], "Id": summary["Id"], "Scope": scope}


def lock(summary: dict[str, Any]) -> dict[str, Any]:
    """The same with its lock token."""
    return {**key(summary), "LockToken": summary["LockToken"]}
