"""A web application whose search can be broken into."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator

from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try

INJECTION = "/search?q=%27%20UNION%20SELECT%20name,%20card%20FROM%20customers--"
_CARD = re.compile(r"\d{4} \d{4} \d{4} \d{4}")
_SEEN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": False}
STORY = Story(
    "broken-shop",
    "The search that tells too much",
    who="A tea shop behind a load balancer",
    challenge="The search puts what is typed into SQL. Whoever types the right words reads every customer's card "
    "number; the shop's own developers need a month to put it right.",
    lesson="A web ACL with AWS's managed rules against SQL injection stands before the load balancer while they do.",
    checks=("elbv2.web-acl",),
    needs=("waf", "edge"),
)


@STORY.before
def before(scene: Scene) -> None:
    scene.make_account("shop")
    port = _open_shop(scene)
    balancer = scene.do("shop", "elbv2", "CreateLoadBalancer",
                        {"Name": "shop", "Subnets": ["subnet-11111111", "subnet-22222222"]})  # fmt: skip
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    scene.attempt.facts["balancer"] = arn
    scene.note("load balancer", arn)
    scene.after_all.callback(lambda: scene.call("shop", "elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn}))
    group = scene.do("shop", "elbv2", "CreateTargetGroup", {
        "Name": "shop", "Protocol": "HTTP", "Port": 80, "TargetType": "ip", "VpcId": "vpc-12345678",
    })["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    scene.do("shop", "elbv2", "RegisterTargets",
             {"TargetGroupArn": group, "Targets": [{"Id": "127.0.0.1", "Port": port}]})  # fmt: skip
    action = {"Type": "forward", "TargetGroupArn": group}
    scene.do("shop", "elbv2", "CreateListener",
             {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": [action]})  # fmt: skip
    tags = scene.do("shop", "elbv2", "DescribeTags", {"ResourceArns": [arn]})["TagDescriptions"][0]["Tags"]
    address = next(tag["Value"] for tag in tags if tag["Key"].startswith("aws:garrison:address"))
    scene.attempt.facts["address"] = scene.note("address", address)


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    address = scene.fact("address")
    yield scene.http("A customer looks for green tea", "customer", address, "/search?q=green", after="allowed")
    yield scene.http(
        "A thief types SQL into the search, and reads card numbers", "thief", address, INJECTION,
        show=lambda text: f"{len(set(_CARD.findall(text)))} card numbers",
    )  # fmt: skip
    yield scene.http("The thief tries another way in", "thief", address, "/search?q=1%27%20OR%20%271%27=%271")


@STORY.fix
def fix(scene: Scene) -> None:
    rule = {
        "Name": "injection",
        "Priority": 1,
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet"}},
        "OverrideAction": {"None": {}},
        "VisibilityConfig": {**_SEEN, "MetricName": "injection"},
    }
    made = scene.fix("A web ACL is made, with AWS's rules against SQL injection", "shop", "wafv2", "CreateWebACL", {
        "Name": "shop", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "Rules": [rule],
        "VisibilityConfig": {**_SEEN, "MetricName": "shop"},
    })  # fmt: skip
    acl = scene.note("web ACL", made["Summary"]["ARN"])
    scene.fix("It stands before the load balancer", "shop", "wafv2", "AssociateWebACL",
              {"WebACLArn": acl, "ResourceArn": scene.fact("balancer")})  # fmt: skip


def _open_shop(scene: Scene) -> int:
    """The bundled shop, in a process of its own; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "garrison.cli.main", "edge", "demo", "--port", str(port)], stderr=subprocess.DEVNULL
    )

    def close() -> None:
        process.terminate()
        process.wait()

    scene.after_all.callback(close)
    return port
