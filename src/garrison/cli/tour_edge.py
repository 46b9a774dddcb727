"""The tour's stop about WAF: a shop behind a load balancer, robbed, and then no longer."""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from garrison.cli.tour_guide import Guide

_VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": False}
INJECTION = "/search?q=%27%20UNION%20SELECT%20name,%20card%20FROM%20customers--"
STRANGER = "203.0.113.7"


def edge(guide: Guide) -> None:
    """Stop 9, with the bundled shop; it and its load balancer go again."""
    guide.chapter(
        "9  A web ACL stops an attack",
        "A shop whose search can be broken into stands behind a load balancer: a real listener on this machine. "
        "An injection brings out the customers' cards; then a web ACL is put in front of it.",
    )
    if importlib.util.find_spec("hyperscan") is None:
        guide.console.print(
            "The rule engine is not installed here, so this stop is left out: pip install 'garrison\\[waf,edge]'",
            soft_wrap=True,
        )
        return
    with _shop() as port:
        _behind_a_load_balancer(guide, port)


def _behind_a_load_balancer(guide: Guide, port: int) -> None:
    said = guide.run(
        "aws elbv2 create-load-balancer --name shop --subnets subnet-11111111 subnet-22222222"
        " --query LoadBalancers[0].LoadBalancerArn --profile root"
    )
    balancer = json.loads(said)
    said = guide.run(
        "aws elbv2 create-target-group --name shop --protocol HTTP --port 80 --target-type ip --vpc-id vpc-12345678"
        " --query TargetGroups[0].TargetGroupArn --profile root"
    )
    group = json.loads(said)
    guide.run(
        f"aws elbv2 register-targets --target-group-arn {group} --targets Id=127.0.0.1,Port={port} --profile root"
    )
    guide.run(
        f"aws elbv2 create-listener --load-balancer-arn {balancer} --protocol HTTP --port 80"
        f" --default-actions Type=forward,TargetGroupArn={group} --query Listeners[0].Port --profile root"
    )
    said = guide.run(
        f"aws elbv2 describe-tags --resource-arns {balancer} --query TagDescriptions[0].Tags --profile root"
    )
    url = next(tag["Value"] for tag in json.loads(said) if tag["Key"].startswith("aws:garrison:address"))
    try:
        _until(lambda: _status(url) == 200)
        guide.run(f"curl -s '{url}/search?q=green'")
        guide.run(f"curl -s '{url}{INJECTION}'")
        _protect(guide, balancer)
        _until(lambda: _status(url + INJECTION) == 403)
        guide.run(f"curl -si '{url}{INJECTION}'")
        guide.run(f"curl -si -H 'X-Forwarded-For: {STRANGER}' '{url}/search?q=green'")
        guide.run(f"curl -s '{url}/search?q=green'")
    finally:
        guide.run(f"aws elbv2 delete-load-balancer --load-balancer-arn {balancer} --profile root", quiet=True)


def _protect(guide: Guide, balancer: str) -> None:
    guide.chapter(
        "   The same requests, judged",
        "Two rules: AWS's managed group against SQL injection (names are AWS's, what is behind them Garrison's own), "
        "and an address that is not welcome.",
    )
    said = guide.run(
        f"aws wafv2 create-ip-set --name strangers --scope REGIONAL --ip-address-version IPV4 --addresses {STRANGER}/32"
        " --query Summary.ARN --profile root"
    )
    rules = [
        {
            "Name": "strangers",
            "Priority": 1,
            "Statement": {
                "IPSetReferenceStatement": {
                    "ARN": json.loads(said),
                    "IPSetForwardedIPConfig": {
                        "HeaderName": "X-Forwarded-For",
                        "FallbackBehavior": "NO_MATCH",
                        "Position": "FIRST",
                    },
                }
            },
            "Action": {"Block": {}},
            "VisibilityConfig": {**_VISIBLE, "MetricName": "strangers"},
        },
        {
            "Name": "injection",
            "Priority": 2,
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet"}},
            "OverrideAction": {"None": {}},
            "VisibilityConfig": {**_VISIBLE, "MetricName": "injection"},
        },
    ]
    guide.file("rules.json", json.dumps(rules, indent=2) + "\n")
    said = guide.run(
        "aws wafv2 create-web-acl --name shop --scope REGIONAL --default-action Allow={} --rules file://rules.json"
        " --visibility-config SampledRequestsEnabled=true,CloudWatchMetricsEnabled=false,MetricName=shop"
        " --query Summary.ARN --profile root"
    )
    guide.run(f"aws wafv2 associate-web-acl --web-acl-arn {json.loads(said)} --resource-arn {balancer} --profile root")


@contextmanager
def _shop() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "garrison.cli.main", "edge", "demo", "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        _until(lambda: _status(f"http://127.0.0.1:{port}/") == 200)
        yield port
    finally:
        process.terminate()
        process.wait()


def _status(url: str) -> int:
    done = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5", url],
        capture_output=True,
        text=True,
        check=False,
    )
    return int(done.stdout or 0)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        if time.monotonic() > deadline:
            raise click.ClickException("The listener did not come to be within a minute: garrison doctor")
        time.sleep(0.1)
