"""What clients see while workers and Envoy are killed, and while web ACLs change a thousand times."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import Balancer, edge_ports, forward, until, until_answer
from tests.edge.load import Load
from tests.edge.waf import WebAcl, match, rule

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data: Path = tmp_path_factory.mktemp("edge") / "data"
    with Server(data, "--edge", "envoy", "--edge-ports", edge_ports()) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with Application("app") as running:
        yield running


@pytest.fixture(scope="module")
def protected(garrison: Server, application: Application) -> tuple[str, WebAcl]:
    web = Balancer(garrison, "web")
    _, url = web.listen(80, forward(web.group("app", application.port)))
    acl = WebAcl(garrison, "acl", rule("evil", 1, match({"UriPath": {}}, "evil")))
    acl.protect(web.arn)
    until_answer(lambda answer: answer.status == 403, url + "/evil", seconds=60)
    return url, acl


def status(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((server.data / "edge" / "status.json").read_bytes())
    return found


def test_a_worker_killed_under_load_is_replaced_and_clients_see_nothing(
    garrison: Server, protected: tuple[str, WebAcl]
) -> None:
    url, _ = protected
    time.sleep(15)  # the spare one has been made ready
    with Load(url, 20) as load:
        time.sleep(2)
        killed = time.monotonic()
        os.kill(status(garrison)["workers"][0], signal.SIGKILL)
        time.sleep(4)
    answered = sorted(moment for moment, outcome in load.seen if outcome == 200 and moment > killed)
    print(f"\nworker killed: {load.told()}, answered again after {answered[0] - killed:.3f} s")
    assert load.told().keys() == {200}
    assert max(b - a for a, b in itertools.pairwise(answered)) < 1


def test_worker_and_spare_killed_together_refuse_or_let_through_as_the_user_chose(
    garrison: Server, application: Application, protected: tuple[str, WebAcl]
) -> None:
    url, acl = protected
    elb = Balancer(garrison, "open")
    _, opened = elb.listen(8001, forward(elb.group("open-app", application.port)))
    elb.elb.modify_load_balancer_attributes(
        LoadBalancerArn=elb.arn, Attributes=[{"Key": "waf.fail_open.enabled", "Value": "true"}]
    )
    acl.protect(elb.arn)
    until_answer(lambda answer: answer.status == 403, opened + "/evil")
    with Load(url, 5) as closed, Load(opened, 5) as let_through:
        time.sleep(1)
        killed = time.monotonic()
        for pid in sorted(_inspectors(status(garrison)["pid"]))[:2]:
            os.kill(pid, signal.SIGKILL)
        until(lambda: any(m > killed + 3 and outcome == 200 for m, outcome in closed.seen), seconds=60)
    answered = min(moment for moment, outcome in closed.seen if outcome == 200 and moment > killed + 0.2)
    print(f"\nworker and spare killed: {closed.told()}, answered again after {answered - killed:.3f} s")
    print(f"the same with waf.fail_open.enabled: {let_through.told()}")
    assert closed.told().keys() <= {200, 503}
    assert let_through.told().keys() == {200}


def _inspectors(edge: int) -> list[int]:
    """The inspection workers of an edge, by its process."""
    children = [
        int(c) for task in Path(f"/proc/{edge}/task").iterdir() for c in (task / "children").read_text().split()
    ]
    name = b"garrison.edge.inspection.process"
    return [child for child in children if name in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_envoy_killed_under_load_is_back_and_clients_reconnect(garrison: Server, protected: tuple[str, WebAcl]) -> None:
    url, _ = protected
    with Load(url, 20) as load:
        time.sleep(2)
        killed = time.monotonic()
        os.kill(status(garrison)["envoy"], signal.SIGKILL)
        time.sleep(8)
    again = min(moment for moment, outcome in load.seen if outcome == 200 and moment > killed + 0.05)
    print(f"\nEnvoy killed: {load.told()}, answered again after {again - killed:.3f} s")
    assert load.seen[-1][1] == 200
    cut = {"ConnectionResetError", "ConnectionRefusedError", "RemoteDisconnected", "IncompleteRead"}
    assert load.told().keys() <= {200, *cut}


def test_a_thousand_updates_under_load_drop_nothing_and_judge_by_whole_web_acls(
    garrison: Server, protected: tuple[str, WebAcl]
) -> None:
    """Every version blocks `/evil` by one of two rules: a request judged by half of one would pass."""
    url, acl = protected
    one = rule("one", 1, match({"UriPath": {}}, "evil"))
    two = rule("two", 1, match({"UriPath": {}}, "evil"))
    with Load(url, 25) as fine, Load(url, 25, "/evil") as evil:
        for number in range(1000):
            acl.update((one, two)[number % 2], rule("more", 2, match({"UriPath": {}}, f"more-{number}")))
    print(f"\n1,000 updates: {fine.told()} let through, {evil.told()} blocked")
    assert fine.told().keys() == {200}
    assert evil.told().keys() == {403}
    until_answer(lambda answer: answer.status == 403, url + "/more-999")
