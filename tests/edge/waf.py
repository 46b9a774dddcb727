"""Web ACLs for tests of the edge."""

from __future__ import annotations

from typing import Any

from tests.clients.server import Server
from tests.edge.clients import client


def visibility(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def match(field: dict[str, Any], text: str, how: str = "CONTAINS") -> dict[str, Any]:
    """A ByteMatchStatement."""
    return {
        "ByteMatchStatement": {
            "FieldToMatch": field,
            "PositionalConstraint": how,
            "SearchString": text,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }
    }


def rule(name: str, priority: int, statement: dict[str, Any], action: dict[str, Any] | None = None) -> dict[str, Any]:
    """A rule that blocks, unless another action is given."""
    return {
        "Name": name,
        "Priority": priority,
        "Statement": statement,
        "Action": action or {"Block": {}},
        "VisibilityConfig": visibility(name),
    }


class WebAcl:
    """A web ACL of a test's own."""

    def __init__(self, server: Server, name: str, *rules: dict[str, Any], scope: str = "REGIONAL", **more: Any) -> None:
        self.waf = client(server, "wafv2")
        self.scope = scope
        self.name = name
        self.more = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": visibility(name)} | more
        made = self.waf.create_web_acl(Name=name, Scope=scope, Rules=list(rules), **self.more)["Summary"]
        self.arn: str = made["ARN"]
        self.id: str = made["Id"]
        self._lock: str = made["LockToken"]

    def update(self, *rules: dict[str, Any]) -> None:
        answer = self.waf.update_web_acl(
            Name=self.name, Scope=self.scope, Id=self.id, LockToken=self._lock, Rules=list(rules), **self.more
        )
        self._lock = answer["NextLockToken"]

    @classmethod
    def keeping_out(cls, server: Server, name: str, scope: str, *addresses: str) -> WebAcl:
        """One that blocks addresses and nothing else."""
        made = client(server, "wafv2").create_ip_set(
            Name=name, Scope=scope, IPAddressVersion="IPV4", Addresses=[f"{address}/32" for address in addresses]
        )
        statement = {"IPSetReferenceStatement": {"ARN": made["Summary"]["ARN"]}}
        return cls(server, name, rule("addresses", 1, statement), scope=scope)

    def protect(self, resource: str) -> None:
        self.waf.associate_web_acl(WebACLArn=self.arn, ResourceArn=resource)
