"""Attacks on a load balancer without any set-up, and a client beside them that is answered."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from garrison.edge.always_on import AlwaysOn, slow_body
from garrison.edge.limits import Limits, limits_of
from garrison.edge.sockets import Connection
from garrison.edge.status import read_status
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.attackers import GET, Http2, connect, drip, ended, many, sip
from tests.edge.clients import Balancer, curl, edge_ports, forward, until, until_answer

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("always_on")]

LIMITS = {
    "head_seconds": 1,
    "body_rate": 500,
    "body_grace": 1,
    "read_rate": 5000,
    "read_grace": 1,
    "connections": 60,
    "connections_per_source": 15,
    "streams": 10,
    "resets": 20,
}
MOST = 8.0
"""Seconds until an attacker gives up."""


@pytest.fixture(scope="module", params=["envoy", "embedded"])
def plane(request: pytest.FixtureRequest) -> str:
    """What serves the listeners."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory, plane: str) -> Iterator[Server]:
    limits = [word for name, value in LIMITS.items() for word in ("--edge-limit", f"{name}={value}")]
    with Server(
        tmp_path_factory.mktemp("on") / "data", "--edge", plane, "--edge-ports", edge_ports(), *limits
    ) as running:
        yield running


@pytest.fixture(scope="module")
def url(garrison: Server) -> Iterator[str]:
    with Application("app") as application:
        web = Balancer(garrison, "web")
        _, found = web.listen(80, forward(web.group("app", application.port)))
        until_answer(lambda answer: answer.status == 200, found)
        yield found


@pytest.fixture
def envoy(plane: str) -> None:
    if plane != "envoy":
        pytest.skip("the embedded proxy speaks HTTP/1.1 alone, and refuses what is beyond its limits")


@contextlib.contextmanager
def beside(url: str) -> Iterator[None]:
    """Somebody of another address asks all the while, and is always answered."""
    stop = threading.Event()
    answers: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            answers.append(curl(url, "--interface", "127.0.0.9").status)
            stop.wait(0.1)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
        time.sleep(0.2)
    finally:
        stop.set()
        asking.join()
    assert answers
    assert set(answers) == {200}


def together(attack: Callable[[], float], count: int = 5) -> list[float]:
    """What each of several attackers at once had to wait."""
    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(attack) for _ in range(count)]]


def test_headers_that_come_slowly_are_waited_for_no_longer_than_the_limit(url: str) -> None:
    with beside(url):
        lasted = together(lambda: drip(connect(url), GET, b"x-a: b\r\n", every=0.3, most=MOST))
    assert max(lasted) < 4


def test_a_body_that_comes_slowly_is_given_up_and_one_that_is_merely_long_arrives(url: str) -> None:
    start = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n"
    with beside(url):
        lasted = together(lambda: drip(connect(url), start, b"x", every=0.3, most=MOST))
        steady = drip(connect(url, "127.0.0.2"), start, b"x" * 1000, every=0.1, most=3)
    assert max(lasted) < 6
    assert steady == 3


def test_a_client_that_takes_next_to_nothing_of_its_response_is_closed(url: str) -> None:
    body = b"x" * 100_000
    start = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    with beside(url):
        lasted = together(lambda: sip(connect(url, window=2048), start, every=0.2, most=MOST))
    assert max(lasted) < 7


def test_one_source_holds_no_more_connections_than_it_may_and_the_oldest_stay(garrison: Server, url: str) -> None:
    with beside(url), many(url, 10, "127.0.0.3") as old:
        time.sleep(0.8)
        with many(url, 20, "127.0.0.3") as new:
            until(lambda: sum(ended(one) for one in new) == 15, seconds=30)
            assert not any(ended(one) for one in old)
    status = read_status(garrison.data / "edge")
    assert status is not None
    assert status.problem is None


def test_when_it_gets_full_the_idle_go_before_anybody_is_refused(url: str, envoy: None) -> None:
    with many(url, 14, "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7") as idle:
        with beside(url):
            until(lambda: sum(ended(one) for one in idle) > 10, seconds=30)
        assert curl(url, "--interface", "127.0.0.8").status == 200


def test_heads_that_are_too_large_are_refused(url: str) -> None:
    with beside(url):
        assert curl(url, *[word for n in range(250) for word in ("-H", f"x-{n}: 1")]).status in (431, 400)
        assert curl(url, "-H", "x-a: " + "a" * 100_000).status in (431, 400)


def test_streams_that_are_reset_as_soon_as_they_are_opened_end_the_connection(url: str, envoy: None) -> None:
    with beside(url):
        attacker = Http2(url)
        attacker.settle()
        assert attacker.streams == 10
        with contextlib.suppress(OSError):
            for _ in range(100):
                attacker.reset(attacker.ask("/slow/1"))
        assert attacker.settle(2)
        attacker.close()


def test_a_flood_of_pings_whose_answers_nobody_reads_keeps_nobody_else_waiting(url: str, envoy: None) -> None:
    with beside(url):
        attacker = Http2(url)
        for _ in range(3000):
            try:
                attacker.ping()
            except OSError:
                break
        assert curl(url, "--http2-prior-knowledge").status == 200
        attacker.close()


def test_conversations_and_clients_that_wait_for_the_application_are_not_slow() -> None:
    limits = Limits(body_grace=1)
    said = {
        "client": "127.0.0.1:1234",
        "port": "80",
        "duration_ms": 5000,
        "request_ms": None,
        "received_bytes": 10,
        "upgrade": None,
        "method": "POST",
        "content_type": "text/plain",
    }
    assert slow_body(said, limits) == (80, b"\x7f\0\0\1", 1234)
    assert slow_body(said | {"client": "[::1]:1"}, limits) == (80, bytes(15) + b"\1", 1)
    for other in (
        {"request_ms": 20},
        {"upgrade": "websocket"},
        {"content_type": "application/grpc+proto"},
        {"received_bytes": 100_000},
        {"duration_ms": 500},
        {"method": "CONNECT"},
    ):
        assert slow_body(said | other, limits) is None


def test_connections_that_wait_to_be_accepted_are_no_older_than_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def connection(number: int, inode: int) -> Connection:
        return Connection(80, b"\x7f\0\0\1", number, unread=0, waiting=0, taken=0, inode=inode)

    closed: list[int] = []
    monkeypatch.setattr("garrison.edge.sockets.close", lambda pid, inodes: closed.extend(inodes))
    on = AlwaysOn(Limits(connections_per_source=2))
    for held, gone in (
        ([connection(1, 0)], []),
        ([connection(1, 101), connection(2, 0)], []),
        ([connection(4, 0), connection(3, 0), connection(2, 102), connection(1, 101)], []),
        ([connection(4, 104), connection(3, 103), connection(2, 102), connection(1, 101)], [103, 104]),
    ):
        monkeypatch.setattr("garrison.edge.sockets.connections", lambda ports, held=held: held)
        closed.clear()
        on.look(1, {80}, None)
        assert sorted(closed) == gone


def test_limits_are_what_they_say_or_not_taken() -> None:
    assert limits_of({"connections": 40.0}).connections == 40
    for wrong in ({"conections": 1.0}, {"connections": -1.0}, {"connections": 1.5}):
        with pytest.raises(ValueError, match=r"limit|negative"):
            limits_of(wrong)


def test_a_kernel_that_tells_nothing_is_a_problem_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(ports: object) -> list[object]:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("garrison.edge.sockets.connections", refuse)
    on = AlwaysOn(Limits())
    assert on.look(1, {80}, None) == 0.0
    assert on.problem == "limits per source and of slow readers are not held: Operation not permitted"
