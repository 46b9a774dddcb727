"""What tests of the edge do again and again: make a load balancer, ask with curl, wait until something is so."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
import botocore.config

from tests.clients.server import Server, free_port

T = TypeVar("T")
SUBNETS = ["subnet-11111111", "subnet-22222222"]
ACM = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


def edge_ports() -> str:
    """A range of ports of this machine for one server's listeners."""
    first = min(free_port(), 65000)
    return f"{first}-{first + 60}"


def client(server: Server, service: str) -> Any:
    """A boto3 client as the first account's root."""
    return boto3.session.Session().client(
        service,
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=server.root.access_key_id,
        aws_secret_access_key=server.root.secret_access_key,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def until(what: Callable[[], T], *, seconds: float = 20) -> T:
    """The first value of `what()` that is true. What it raises counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        error: Exception | None = None
        try:
            found = what()
            if found:
                return found
        except Exception as e:
            error = e
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come to be so within {seconds} s") from error
        time.sleep(0.05)


@dataclass(frozen=True)
class Answer:
    """What curl got."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def told(self) -> dict[str, Any]:
        """What the application says reached it."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def seen(self) -> dict[str, str]:
        """The headers that reached the application; repeated ones joined by `|`."""
        found: dict[str, str] = {}
        for name, value in self.told["headers"]:
            found[name] = f"{found[name]}|{value}" if name in found else value
        return found


def curl(url: str, *arguments: str, data: bytes | None = None) -> Answer:
    """Ask with curl; status 0 if there was no answer."""
    done = subprocess.run(
        ["curl", "-sS", "-i", "--path-as-is", "--max-time", "20", *arguments, url],
        input=data,
        capture_output=True,
        check=False,
    )
    raw = done.stdout
    while raw.startswith((b"HTTP/1.1 100", b"HTTP/1.1 101")):
        raw = raw.partition(b"\r\n\r\n")[2]
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        return Answer(0, {}, done.stderr.decode())
    headers = {"http": lines[0].split()[0].removeprefix("HTTP/")}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Answer(int(lines[0].split()[1]), headers, body.decode("latin-1"))


def until_answer(wanted: Callable[[Answer], object], url: str, *arguments: str, seconds: float = 20) -> Answer:
    """The first answer that is as wanted."""

    def ask() -> Answer | None:
        answer = curl(url, *arguments)
        return answer if wanted(answer) else None

    found = until(ask, seconds=seconds)
    assert found is not None
    return found


class Balancer:
    """A load balancer of a test's own."""

    def __init__(self, server: Server, name: str) -> None:
        self.elb = client(server, "elbv2")
        made = self.elb.create_load_balancer(Name=name, Subnets=SUBNETS)["LoadBalancers"][0]
        self.arn: str = made["LoadBalancerArn"]
        self.name = name

    def group(self, name: str, *ports: int, **options: Any) -> str:
        """A target group with targets on this machine."""
        wanted = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-12345678", "TargetType": "ip"} | options
        arn: str = self.elb.create_target_group(Name=name, **wanted)["TargetGroups"][0]["TargetGroupArn"]
        if ports:
            self.register(arn, *ports)
        return arn

    def register(self, group: str, *ports: int) -> None:
        targets = [{"Id": "127.0.0.1", "Port": port} for port in ports]
        self.elb.register_targets(TargetGroupArn=group, Targets=targets)

    def listen(self, port: int, *actions: dict[str, Any], **options: Any) -> tuple[str, str]:
        """(listener ARN, its address on this machine)"""
        made = self.elb.create_listener(
            LoadBalancerArn=self.arn, **({"Protocol": "HTTP"} | options), Port=port, DefaultActions=list(actions)
        )["Listeners"][0]
        return made["ListenerArn"], self.address(made["ListenerArn"])

    def address(self, listener: str) -> str:
        tags = self.elb.describe_tags(ResourceArns=[listener])["TagDescriptions"][0]["Tags"]
        url: str = next(tag["Value"] for tag in tags if tag["Key"] == "aws:garrison:address")
        return url

    def rule(self, listener: str, priority: int, conditions: list[dict[str, Any]], *actions: dict[str, Any]) -> str:
        made = self.elb.create_rule(
            ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=list(actions)
        )
        arn: str = made["Rules"][0]["RuleArn"]
        return arn

    def health(self, group: str) -> dict[int, dict[str, str]]:
        """Port -> TargetHealth."""
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {one["Target"]["Port"]: one["TargetHealth"] for one in found}


def forward(*groups: str | tuple[str, int], sticky: int = 0) -> dict[str, Any]:
    """A forward action."""
    weighted = [(group, 1) if isinstance(group, str) else group for group in groups]
    config: dict[str, Any] = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weighted]}
    if sticky:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": sticky}
    return {"Type": "forward", "ForwardConfig": config}


def fixed(status: int, body: str = "", kind: str = "text/plain") -> dict[str, Any]:
    """A fixed response."""
    config = {"StatusCode": str(status), "MessageBody": body, "ContentType": kind}
    return {"Type": "fixed-response", "FixedResponseConfig": config}
