"""What clients of load balancers and distributions see: processes are killed, web ACLs change a thousand times."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import edge_ports, until, until_answer
from tests.edge.load import Load
from tests.edge.protected import KINDS, Distribution, LoadBalancer, protected
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


EVIL = match({"UriPath": {}}, "evil")


@pytest.fixture(scope="module", params=KINDS)
def site(request: pytest.FixtureRequest, garrison: Server, application: Application) -> LoadBalancer | Distribution:
    made = protected(request.param, garrison, application.port, "web")
    until_answer(lambda answer: answer.status == 200, made.url, seconds=60)
    return made


@pytest.fixture(scope="module")
def acl(garrison: Server, site: LoadBalancer | Distribution) -> WebAcl:
    """Before `site`, and blocks `/evil`."""
    made = WebAcl(garrison, "acl", rule("evil", 1, EVIL), scope=site.scope)
    site.protect(made)
    return made


def status(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((server.data / "edge" / "status.json").read_bytes())
    return found


def test_a_worker_killed_under_load_is_replaced_and_clients_see_nothing(
    garrison: Server, site: LoadBalancer | Distribution, acl: WebAcl
) -> None:
    time.sleep(15)  # the spare one has been made ready
    with Load(site.url, 20) as load, Load(site.url, 5, "/evil") as evil:
        time.sleep(2)
        killed = time.monotonic()
        os.kill(status(garrison)["workers"][0], signal.SIGKILL)
        time.sleep(4)
    answered = sorted(moment for moment, outcome in load.seen if outcome == 200 and moment > killed)
    print(f"\n{site.scope}, worker killed: {load.told()}, answered again after {answered[0] - killed:.3f} s")
    assert load.told().keys() == {200}
    assert evil.told().keys() == {403}
    assert max(b - a for a, b in itertools.pairwise(answered)) < 1


def test_worker_and_spare_killed_together_refuse_or_let_through_as_the_user_chose(
    garrison: Server, application: Application, site: LoadBalancer | Distribution, acl: WebAcl
) -> None:
    """A distribution's user has no choice."""
    opened = None
    if isinstance(site, LoadBalancer):
        opened = LoadBalancer(garrison, application.port, "open")
        opened.balancer.elb.modify_load_balancer_attributes(
            LoadBalancerArn=opened.arn, Attributes=[{"Key": "waf.fail_open.enabled", "Value": "true"}]
        )
        opened.protect(acl)
        until_answer(lambda answer: answer.status == 403, opened.url + "/evil")
    with ExitStack() as stack:
        closed = stack.enter_context(Load(site.url, 5))
        evil = stack.enter_context(Load(site.url, 2, "/evil"))
        let_through = None if opened is None else stack.enter_context(Load(opened.url, 5))
        time.sleep(1)
        killed = time.monotonic()
        for pid in sorted(_inspectors(status(garrison)["pid"]))[:2]:
            os.kill(pid, signal.SIGKILL)
        until(lambda: any(m > killed + 3 and outcome == 200 for m, outcome in closed.seen), seconds=60)
    answered = min(moment for moment, outcome in closed.seen if outcome == 200 and moment > killed + 0.2)
    print(f"\n{site.scope}, worker and spare killed: {closed.told()}, answered again after {answered - killed:.3f} s")
    assert closed.told().keys() <= {200, 503}
    assert evil.told().keys() <= {403, 503}
    if let_through is not None:
        print(f"the same with waf.fail_open.enabled: {let_through.told()}")
        assert let_through.told().keys() == {200}


def _inspectors(edge: int) -> list[int]:
    """The inspection workers of an edge, by its process."""
    children = [
        int(c) for task in Path(f"/proc/{edge}/task").iterdir() for c in (task / "children").read_text().split()
    ]
    name = b"garrison.edge.inspection.process"
    return [child for child in children if name in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_envoy_killed_under_load_is_back_and_clients_reconnect(
    garrison: Server, site: LoadBalancer | Distribution, acl: WebAcl
) -> None:
    with Load(site.url, 20) as load, Load(site.url, 5, "/evil") as evil:
        time.sleep(2)
        killed = time.monotonic()
        os.kill(status(garrison)["envoy"], signal.SIGKILL)
        time.sleep(8)
    again = min(moment for moment, outcome in load.seen if outcome == 200 and moment > killed + 0.05)
    print(f"\n{site.scope}, Envoy killed: {load.told()}, answered again after {again - killed:.3f} s")
    assert load.seen[-1][1] == 200
    cut = {"ConnectionResetError", "ConnectionRefusedError", "RemoteDisconnected", "IncompleteRead"}
    assert load.told().keys() <= {200, *cut}
    assert evil.told().keys() <= {403, *cut}


def test_the_edge_killed_under_load_is_back_and_lets_nothing_through_unjudged(
    garrison: Server, site: LoadBalancer | Distribution, acl: WebAcl
) -> None:
    with Load(site.url, 20) as load, Load(site.url, 5, "/evil") as evil:
        time.sleep(2)
        killed = time.monotonic()
        os.kill(status(garrison)["pid"], signal.SIGKILL)
        until(lambda: load.seen[-1][1] == 200 and load.seen[-1][0] > killed + 0.5, seconds=60)
        time.sleep(2)
    again = min(moment for moment, outcome in load.seen if outcome == 200 and moment > killed + 0.5)
    print(
        f"\n{site.scope}, edge killed: {load.told()}, /evil {evil.told()}, answered again after {again - killed:.3f} s"
    )
    cut = {"ConnectionResetError", "ConnectionRefusedError", "RemoteDisconnected", "IncompleteRead"}
    assert load.told().keys() <= {200, 503, *cut}
    assert evil.told().keys() <= {403, 503, *cut}


def test_a_thousand_updates_under_load_drop_nothing_and_judge_by_whole_web_acls(
    site: LoadBalancer | Distribution, acl: WebAcl
) -> None:
    """Every version blocks `/evil` by one of two rules: a request judged by half of one would pass."""
    one, two = rule("one", 1, EVIL), rule("two", 1, EVIL)
    with Load(site.url, 25) as fine, Load(site.url, 25, "/evil") as evil:
        for number in range(1000):
            acl.update((one, two)[number % 2], rule("more", 2, match({"UriPath": {}}, f"more-{number}")))
    print(f"\n{site.scope}, 1,000 updates: {fine.told()} let through, {evil.told()} blocked")
    assert fine.told().keys() == {200}
    assert evil.told().keys() == {403}
    until_answer(lambda answer: answer.status == 403, site.url + "/more-999")


def test_web_acls_swapped_under_load_drop_nothing_and_leave_no_gap(
    garrison: Server, site: LoadBalancer | Distribution, acl: WebAcl
) -> None:
    other = WebAcl(garrison, "other", rule("evil-too", 1, EVIL), scope=site.scope)
    with Load(site.url, 25) as fine, Load(site.url, 25, "/evil") as evil:
        for number in range(100):
            site.protect((other, acl)[number % 2])
    print(f"\n{site.scope}, 100 swaps: {fine.told()} let through, {evil.told()} blocked")
    assert fine.told().keys() == {200}
    assert evil.told().keys() == {403}
