"""A shop behind a load balancer, and clients that ask for it, each from an address of its own."""

from __future__ import annotations

import http.client
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from garrison.labs.bench import Bench, NotPrepared
from garrison.labs.lab import Unmet

_SUBNETS = ["subnet-11111111", "subnet-22222222"]
_PATIENCE = 60.0
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Accept": "*/*"}
BLOCKED = 403


class Client:
    """Somebody who asks: with an address of his own, in the connection where the machine lets him, and as a proxy
    before the load balancer would tell it."""

    def __init__(self, url: str, address: str | None = None) -> None:
        self._host = urlsplit(url)
        # 198.18.0.0/15 is nobody's: RFC 2544.
        self.address = address or f"198.18.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}"
        self._source = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}"

    def ask(self, path: str, *, headers: Mapping[str, str] | None = None, body: str | None = None) -> int:
        """The answer's status. Raises `Unmet` if there is none."""
        given = BROWSER | {"X-Forwarded-For": self.address} | dict(headers or {})
        if body is not None:
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
        for source in ((self._source, 0), None):  # elsewhere than on Linux 127.0.0.1 may be the only one
            connection = http.client.HTTPConnection(
                self._host.hostname or "", self._host.port, timeout=20, source_address=source
            )
            try:
                connection.request("GET" if body is None else "POST", path, body, given)
                answer = connection.getresponse()
                answer.read()
                return answer.status
            except OSError as e:
                if source is None:
                    raise Unmet(f"The load balancer does not answer at {self._host.geturl()}: {e}") from e
            finally:
                connection.close()
        raise AssertionError


def open_shop(bench: Bench, by: str = "main") -> None:
    """A load balancer that answers everything with 200. Facts: `load_balancer` (ARN), `url`."""
    elb = {"Name": "shop", "Subnets": _SUBNETS}
    arn = bench.do(by, "elbv2", "CreateLoadBalancer", elb)["LoadBalancers"][0]["LoadBalancerArn"]
    bench.attempt.facts["load_balancer"] = arn
    fixed = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "Green tea, black tea."}
    action = {"Type": "fixed-response", "FixedResponseConfig": fixed}
    listener = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": [action]}
    bench.do(by, "elbv2", "CreateListener", listener)
    tags = bench.do(by, "elbv2", "DescribeTags", {"ResourceArns": [arn]})["TagDescriptions"][0]["Tags"]
    url = next(tag["Value"] for tag in tags if tag["Key"].startswith("aws:garrison:address"))
    bench.attempt.facts["url"] = url
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            if Client(url).ask("/") == 200:
                return
        except Unmet as e:
            if time.monotonic() > until:
                raise NotPrepared(f"{e}. garrison doctor may tell why") from e
        time.sleep(0.1)


def close_shop(bench: Bench, by: str = "main") -> None:
    """The listener goes with the load balancer."""
    bench.do(by, "elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": bench.fact("load_balancer")})


def web_acl(bench: Bench) -> dict[str, Any]:
    """What judges the shop's requests. Raises `Unmet` if nothing does."""
    asked = {"ResourceArn": bench.fact("load_balancer")}
    found: dict[str, Any] | None = bench.read("wafv2", "GetWebACLForResource", **asked).get("WebACL")
    if found is None:
        raise Unmet("No web ACL is associated with the load balancer: nothing judges what comes.")
    return found
