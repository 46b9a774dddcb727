"""Floods against a real load balancer: people on one side, attackers on the other, Shield in between."""

from __future__ import annotations

import http.server
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from garrison.access.floods import ResourceStatus, read_floods
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import Balancer, client, curl, edge_ports, forward, until
from tests.edge.flood import AGENTS, Crowd, person, request
from tests.edge.waf import WebAcl

pytestmark = pytest.mark.client
PEOPLE = 12.0
BROWSER = ("accept: text/html", "accept-language: en", "accept-encoding: gzip")


class Hook(http.server.ThreadingHTTPServer):
    """Takes what a webhook sends."""

    daemon_threads = True

    def __init__(self) -> None:
        hook = self
        self.told: list[dict[str, Any]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    with Hook() as running:
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory, hook: Hook) -> Iterator[Server]:
    data: Path = tmp_path_factory.mktemp("shield") / "data"
    webhook = f"http://127.0.0.1:{hook.server_port}/attacks"
    options = ("--edge-ports", edge_ports(), "--shield-learning", "fast", "--shield-webhook", webhook)
    with Server(data, *options) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with Application("shop") as running:
        yield running


class Protected:
    """A load balancer that Shield protects and answers for."""

    def __init__(self, garrison: Server, application: Application, name: str) -> None:
        self.data: Path = garrison.data
        self.shield = client(garrison, "shield")
        self.balancer = Balancer(garrison, name)
        self.acl = WebAcl(garrison, name)
        _, self.url = self.balancer.listen(80, forward(self.balancer.group(name, application.port)))
        self.acl.protect(self.balancer.arn)
        if self.shield.get_subscription_state()["SubscriptionState"] == "INACTIVE":
            self.shield.create_subscription()
            contacts = [{"EmailAddress": "ops@example.com", "PhoneNumber": "+15550100"}]
            self.shield.associate_proactive_engagement_details(EmergencyContactList=contacts)
        self.shield.create_protection(Name=name, ResourceArn=self.balancer.arn)
        self.shield.enable_application_layer_automatic_response(ResourceArn=self.balancer.arn, Action={"Block": {}})
        self.group: str | None = None
        until(lambda: curl(self.url).status == 200, seconds=60)

    def join(self, group: str) -> None:
        """Be in a group of all that is protected."""
        self.shield.create_protection_group(ProtectionGroupId=group, Aggregation="SUM", Pattern="ALL")
        told = self.shield.describe_protection_group(ProtectionGroupId=group)["ProtectionGroup"]
        self.group = told["ProtectionGroupArn"]

    def status(self) -> ResourceStatus | None:
        said = read_floods(self.data / "edge")
        return next((one for one in said.resources if one.resource == self.balancer.arn), None) if said else None

    def ready(self) -> bool:
        """It is known what is normal for it, and for its group if it has one."""
        said = read_floods(self.data / "edge")
        mine = [one for one in said.resources if one.resource in (self.balancer.arn, self.group)] if said else []
        return len(mine) == 1 + (self.group is not None) and all(one.ready for one in mine)

    def attacks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.shield.list_attacks(ResourceArns=[self.balancer.arn])["AttackSummaries"]
        return found


def met(
    protected: Protected,
    ask: Callable[[random.Random], bytes],
    *,
    sources: int,
    rate: float,
    seconds: float,
    addresses: int = 250,
) -> dict[str, Any]:
    """People and a flood against a protected load balancer: what became of both."""
    with Crowd(protected.url, 24, rate=PEOPLE, ask=person, network="127.0.1") as crowd:
        until(protected.ready, seconds=60)
        began = time.monotonic()
        with Crowd(protected.url, sources, rate=rate, ask=ask, network="127.0.9", addresses=addresses, seed=2) as flood:
            until(protected.attacks, seconds=20)
            detected = time.monotonic()
            until(lambda: flood.share(403, since=time.monotonic() - 1) > 0.5, seconds=30)
            mitigated = time.monotonic()
            time.sleep(seconds)
            ended = time.monotonic()
    return {
        "detected": detected - began,
        "mitigated": mitigated - began,
        "refused": flood.share(403, since=mitigated + 1, until=ended),
        "served": crowd.share(200, since=began, until=ended),
        "people refused": crowd.share(403, since=began, until=ended),
        "p99 before": crowd.p99(until=began),
        "p99 during": crowd.p99(since=began, until=mitigated),
        "p99 after": crowd.p99(since=mitigated, until=ended),
        "offered": flood.count(began, ended) / (ended - began),
        "people": crowd.count(began, ended),
    }


def _told(garrison: Server, attack: str) -> str | None:
    """The report, once it tells of a rule that acts."""
    report = garrison.command("shield", "report", attack).stdout
    return report if "promoted" in report else None


@pytest.mark.soak
def test_a_flood_is_found_told_of_and_refused_while_people_are_served(
    garrison: Server, application: Application, hook: Hook
) -> None:
    protected = Protected(garrison, application, "shop")
    protected.join("everything")
    found = met(protected, lambda rng: request("/login", "user-agent: flooder/1"), sources=40, rate=160, seconds=3)
    print(found)
    assert found["detected"] <= 10
    assert found["mitigated"] <= 20
    assert found["refused"] >= 0.95
    assert found["served"] >= 0.99
    (summary,) = protected.attacks()
    assert summary["AttackVectors"] == [{"VectorType": "REQUEST_FLOOD"}]
    (grouped,) = protected.shield.list_attacks(ResourceArns=[protected.group])["AttackSummaries"]
    attack = protected.shield.describe_attack(AttackId=grouped["AttackId"])["Attack"]
    assert attack["Mitigations"] == []
    assert attack["AttackCounters"][0]["Max"] > 100
    protected.shield.delete_protection_group(ProtectionGroupId="everything")
    metrics = garrison.admin("GET", "/_garrison/metrics", token=False)[1]
    assert f'garrison_shield_ddos_detected{{resource="{protected.balancer.arn}"}} 1' in metrics
    attack = protected.shield.describe_attack(AttackId=summary["AttackId"])["Attack"]
    by = {one["AttackPropertyIdentifier"]: one for one in attack["AttackProperties"]}
    assert by["SOURCE_USER_AGENT"]["TopContributors"][0]["Name"] == "flooder/1"
    assert len(by["SOURCE_IP_ADDRESS"]["TopContributors"]) == 5
    assert attack["SubResources"][0] | {"AttackVectors": [], "Counters": []} == {
        "Type": "URL", "Id": "/login", "AttackVectors": [], "Counters": [],
    }  # fmt: skip
    listed = garrison.command("shield", "attacks", "-o", "csv").stdout
    assert summary["AttackId"] in listed
    report = until(lambda: _told(garrison, summary["AttackId"]))
    assert report is not None
    assert "promoted" in report
    assert "flooder/1" in report
    assert "learning fast" in garrison.command("shield", "watch", "--once").stdout
    assert until(lambda: hook.told)[0]["detail"]["attackId"] == summary["AttackId"]


def _one_source(rng: random.Random) -> bytes:
    return request("/", "user-agent: wrk")


def _cache_busting(rng: random.Random) -> bytes:
    return request(f"/shop/1?{rng.getrandbits(40):x}={rng.getrandbits(40):x}", f"user-agent: {AGENTS[0]}", *BROWSER)


def _forwarded(rng: random.Random) -> bytes:
    address = ".".join([str(rng.randrange(1, 255)) for _ in range(4)])
    return request("/login", f"x-forwarded-for: {address}", f"user-agent: {AGENTS[1]}", method="POST")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "ask", "addresses"),
    [
        ("one-source", _one_source, 1),
        ("forwarded", _forwarded, 20),
        ("cache-busting", _cache_busting, 60),
        ("hidden", person, 8),
    ],
)
def test_each_kind_of_flood_meets_a_wall(
    garrison: Server,
    application: Application,
    name: str,
    ask: Callable[[random.Random], bytes],
    addresses: int,
) -> None:
    protected = Protected(garrison, application, name)
    found = met(protected, ask, sources=60, addresses=addresses, rate=240, seconds=10)
    print(name, {what: round(value, 4) for what, value in found.items()})
    assert found["detected"] <= 10
    assert found["mitigated"] <= 20
    assert found["refused"] >= 0.95
    assert found["served"] >= 0.99
    assert found["people refused"] < 0.005
    # It is over, and what was done about it is undone.
    until(lambda: "EndTime" in protected.attacks()[0], seconds=40)
    status = until(protected.status)
    assert status is not None
    assert not status.rules


@pytest.mark.soak
def test_ten_times_as_many_people_are_no_attack(garrison: Server, application: Application) -> None:
    protected = Protected(garrison, application, "crowd")
    with Crowd(protected.url, 24, rate=PEOPLE, ask=person, network="127.0.1") as crowd:
        until(protected.ready, seconds=60)
        with Crowd(protected.url, 240, rate=10 * PEOPLE, ask=person, network="127.0.2", seed=3) as more:
            time.sleep(20)
    assert not protected.attacks()
    assert crowd.share(200) >= 0.99
    assert more.share(200) >= 0.99
