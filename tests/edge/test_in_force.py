"""When the call that puts a web ACL before something is answered, no request passes without its verdict."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from garrison.edge.envoy.binary import find_envoy
from garrison.edge.status import read_status
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import curl, edge_ports, until, until_answer
from tests.edge.load import Load
from tests.edge.protected import KINDS, Distribution, LoadBalancer, protected
from tests.edge.waf import WebAcl

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("in-force")]

ONE, OTHER = "127.0.0.5", "127.0.0.6"
REFUSED = {403, 503}


@pytest.fixture(scope="module", params=["envoy", "embedded"])
def plane(request: pytest.FixtureRequest) -> str:
    """What serves the listeners."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory, plane: str) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("edge") / "data"
    workers = ("--edge-workers", "2") if plane == "envoy" else ()
    with Server(data, "--edge", plane, *workers, "--edge-ports", edge_ports()) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with Application("app") as running:
        yield running


@pytest.fixture(scope="module", params=KINDS)
def site(request: pytest.FixtureRequest, garrison: Server, application: Application) -> LoadBalancer | Distribution:
    made = protected(request.param, garrison, application.port, f"in-force-{KINDS.index(request.param)}")
    until_answer(lambda answer: answer.status == 200, made.url, seconds=60)
    return made


def answers(load: Load, *windows: tuple[float, float]) -> set[int]:
    """What was answered in these times to what was asked in them."""
    return {
        status
        for asked, answered, status in load.answered
        for start, end in windows
        if start < asked and answered < end
    }


def test_who_is_kept_out_is_kept_out_from_the_answer_on(garrison: Server, site: LoadBalancer | Distribution) -> None:
    one = WebAcl.keeping_out(garrison, f"one-{site.scope}", site.scope, ONE)
    other = WebAcl.keeping_out(garrison, f"other-{site.scope}", site.scope, OTHER)
    by_one: list[tuple[float, float]] = []
    by_other: list[tuple[float, float]] = []
    with Load(site.url, 3, source=ONE) as first, Load(site.url, 3, source=OTHER) as second, Load(site.url, 2) as fine:
        for _ in range(2):
            for acl, windows in ((one, by_one), (other, by_other)):
                site.protect(acl)
                answered = time.monotonic()
                time.sleep(0.4)
                windows.append((answered, time.monotonic()))
            site.expose()
            until(lambda: curl(site.url, "--interface", OTHER).status == 200)
    print(f"\n{site.scope}: kept out {first.told()}, {second.told()}, let in {fine.told()}")
    assert answers(first, *by_one) <= REFUSED
    assert answers(second, *by_other) <= REFUSED
    assert fine.told().keys() <= {200, 503}
    assert 200 in answers(first, *by_other) & answers(second, *by_one)
    site.protect(one)


@pytest.mark.soak
def test_a_worker_that_was_killed_is_replaced_by_none_that_knows_less(
    garrison: Server, plane: str, site: LoadBalancer | Distribution
) -> None:
    if plane != "envoy":
        pytest.skip("the embedded proxy judges by itself")
    acl = WebAcl.keeping_out(garrison, f"killed-{site.scope}", site.scope, ONE)
    with Load(site.url, 4, source=ONE) as kept_out:
        for _ in range(2):
            site.protect(acl)
            answered = time.monotonic()
            status = read_status(garrison.data / "edge")
            assert status is not None
            for worker in status.workers:
                with contextlib.suppress(ProcessLookupError):  # it is told of once a second
                    os.kill(worker, signal.SIGKILL)
            until(lambda: curl(site.url, "--interface", ONE).status == 403, seconds=60)
            assert answers(kept_out, (answered, time.monotonic())) <= REFUSED
            site.expose()
    print(f"\n{site.scope}, workers killed: {kept_out.told()}")


@pytest.mark.soak
def test_what_is_not_confirmed_is_not_answered_as_if_it_were(
    garrison: Server, plane: str, site: LoadBalancer | Distribution
) -> None:
    """The edge hangs, and Envoy goes on without it."""
    if plane != "envoy":
        pytest.skip("what serves hangs with it")
    acl = WebAcl.keeping_out(garrison, f"hanging-{site.scope}", site.scope, ONE)
    site.expose()
    until(lambda: curl(site.url, "--interface", ONE).status == 200)
    status = read_status(garrison.data / "edge")
    assert status is not None
    os.kill(status.pid, signal.SIGSTOP)
    try:
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            site.protect(acl)
    finally:
        os.kill(status.pid, signal.SIGCONT)
    site.protect(acl)
    assert curl(site.url, "--interface", ONE).status in REFUSED


def test_a_new_distribution_is_never_there_without_the_web_acl_it_names(
    garrison: Server, application: Application
) -> None:
    acl = WebAcl.keeping_out(garrison, "from-the-start", "CLOUDFRONT", ONE)
    made = Distribution(garrison, application.port, "from-the-start", acl)
    answered = {curl(made.url, "--interface", ONE).status for _ in range(10)}
    assert answered <= {0, *REFUSED}
    until_answer(lambda answer: answer.status == 200, made.url)
    assert curl(made.url, "--interface", ONE).status == 403


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_what_envoy_will_not_put_a_web_acl_before_is_refused(
    tmp_path: Path, application: Application, kind: str
) -> None:
    refusing, wrapper = tmp_path / "refusing", tmp_path / "envoy"
    wrapper.write_text(
        f'#!/bin/sh\ncase " $* " in *" validate "*) [ -e {refusing} ] && exit 1;; esac\nexec {find_envoy()} "$@"\n'
    )
    wrapper.chmod(0o700)
    garrison = Server(tmp_path / "data", "--edge", "envoy", "--edge-ports", edge_ports())
    garrison.env["GARRISON_ENVOY"] = str(wrapper)
    with garrison as server:
        one = protected(kind, server, application.port, "one")
        other = protected(kind, server, application.port, "other")
        for site in (one, other):
            until_answer(lambda answer: answer.status == 200, site.url, seconds=60)
        refusing.touch()
        acl = WebAcl.keeping_out(server, "refused", one.scope, ONE)
        one.protect(acl)
        assert curl(one.url).status == 503
        assert curl(other.url).status == 200
        refusing.unlink()
        one.protect(acl)
        until_answer(lambda answer: answer.status == 200, one.url, seconds=60)
        assert curl(one.url, "--interface", ONE).status == 403
