"""What a web ACL is put before: a load balancer or a distribution of a test's own, used alike."""

from __future__ import annotations

import uuid
from typing import Any

from tests.clients.server import Server
from tests.edge.clients import ACM, Balancer, client, forward
from tests.edge.waf import WebAcl

KINDS = ("load balancer", "distribution")


def config(port: int, **changes: Any) -> dict[str, Any]:
    """The least that a distribution needs."""
    custom = {"HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    forwarded = {"QueryString": False, "Cookies": {"Forward": "none"}}
    return {
        "CallerReference": uuid.uuid4().hex,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{"Id": "app", "DomainName": "localhost", "CustomOriginConfig": custom}]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "app",
            "ViewerProtocolPolicy": "allow-all",
            "ForwardedValues": forwarded,
        },
    } | changes


def address(cloudfront: Any, arn: str, scheme: str = "http") -> str:
    tags = cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"]
    url: str = next(tag["Value"] for tag in tags if tag["Key"] == f"aws:garrison:address:{scheme}")
    return url


class LoadBalancer:
    """With a listener for HTTP; one for HTTPS, if `tls`."""

    scope = "REGIONAL"

    def __init__(self, server: Server, port: int, name: str, *, tls: bool = False) -> None:
        self._waf = client(server, "wafv2")
        self.balancer = Balancer(server, name)
        self.arn = self.balancer.arn
        group = forward(self.balancer.group(f"{name}-app", port))
        self.url = self.balancer.listen(80, group)[1]
        self.secure = ""
        if tls:
            certificates = [{"CertificateArn": ACM}]
            self.secure = self.balancer.listen(443, group, Protocol="HTTPS", Certificates=certificates)[1]

    def protect(self, acl: WebAcl) -> None:
        self._waf.associate_web_acl(WebACLArn=acl.arn, ResourceArn=self.arn)

    def expose(self) -> None:
        self._waf.disassociate_web_acl(ResourceArn=self.arn)


class Distribution:
    """One that sends its origin everything, and changes its web ACL by UpdateDistribution."""

    scope = "CLOUDFRONT"

    def __init__(self, server: Server, port: int, name: str, acl: WebAcl | None = None) -> None:
        self._cloudfront = client(server, "cloudfront")
        wanted = config(port, Comment=name, WebACLId=acl.arn if acl is not None else "")
        methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
        wanted["DefaultCacheBehavior"] |= {
            "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "all"}},
            "AllowedMethods": {"Quantity": len(methods), "Items": methods},
        }
        made = self._cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
        self.id: str = made["Id"]
        self.arn: str = made["ARN"]
        self.url = address(self._cloudfront, self.arn)
        self.secure = address(self._cloudfront, self.arn, "https")

    def protect(self, acl: WebAcl) -> None:
        self._name(acl.arn)

    def expose(self) -> None:
        self._name("")

    def _name(self, acl: str) -> None:
        got = self._cloudfront.get_distribution_config(Id=self.id)
        changed = got["DistributionConfig"] | {"WebACLId": acl}
        self._cloudfront.update_distribution(Id=self.id, IfMatch=got["ETag"], DistributionConfig=changed)


def protected(kind: str, server: Server, port: int, name: str) -> LoadBalancer | Distribution:
    """One of `KINDS`, without a web ACL."""
    made = LoadBalancer if kind == "load balancer" else Distribution
    return made(server, port, name)
