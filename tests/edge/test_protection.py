"""Requests to a protected load balancer, judged by its web ACL: what the inspection sees, what the client gets."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from garrison.access.traffic import NAME, Traffic
from garrison.edge.status import read_status
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import ACM, Balancer, client, curl, edge_ports, forward, until, until_answer
from tests.edge.waf import WebAcl, match, rule

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("protection")]

COOKIES = {"MatchPattern": {"All": {}}, "MatchScope": "VALUE", "OversizeHandling": "CONTINUE"}


@pytest.fixture(scope="module", params=["envoy", "embedded"])
def plane(request: pytest.FixtureRequest) -> str:
    """What serves the listeners."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory, plane: str) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("edge") / "data"
    with Server(data, "--edge", plane, "--edge-ports", edge_ports()) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with Application("app") as running:
        yield running


@pytest.fixture(scope="module")
def web(garrison: Server) -> Balancer:
    return Balancer(garrison, "web")


@pytest.fixture(scope="module")
def url(garrison: Server, web: Balancer, application: Application) -> str:
    """A listener behind a web ACL with a rule for each thing the tests look at."""
    _, found = web.listen(80, forward(web.group("app", application.port)))
    custom = {
        "ResponseCode": 503,
        "CustomResponseBodyKey": "no",
        "ResponseHeaders": [{"Name": "x-why", "Value": "waf"}],
    }
    insert = {"CustomRequestHandling": {"InsertHeaders": [{"Name": "seen", "Value": "yes"}]}}
    size = {"FieldToMatch": {"SingleHeader": {"Name": "content-length"}}, "ComparisonOperator": "GE", "Size": 5}
    acl = WebAcl(
        garrison,
        "traps",
        rule("path", 1, match({"UriPath": {}}, "/../evil")),
        rule(
            "body",
            2,
            match({"Body": {"OversizeHandling": "CONTINUE"}}, "attack"),
            {"Block": {"CustomResponse": custom}},
        ),
        rule("cookie", 3, match({"Cookies": COOKIES}, "two", "EXACTLY")),
        rule("order", 4, match({"HeaderOrder": {"OversizeHandling": "CONTINUE"}}, "x-b:x-a")),
        rule("forwarded", 5, match({"SingleHeader": {"Name": "x-forwarded-for"}}, "203.0.113.9", "EXACTLY")),
        rule("challenged", 6, match({"UriPath": {}}, "/login", "EXACTLY"), {"Challenge": {}}),
        rule(
            "fine", 7, match({"UriPath": {}}, "/fine", "EXACTLY"), {"Block": {"CustomResponse": {"ResponseCode": 200}}}
        ),
        rule(
            "long",
            8,
            {"SizeConstraintStatement": {**size, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}},
        ),
        rule("counted", 9, match({"Method": {}}, "GET", "EXACTLY"), {"Count": insert}),
        CustomResponseBodies={"no": {"ContentType": "APPLICATION_JSON", "Content": '{"no": 1}'}},
    )
    until_answer(lambda answer: answer.status == 200, found)
    acl.protect(web.arn)
    until_answer(lambda answer: answer.status == 403, found + "/a/../evil", seconds=40)
    return found


def test_what_is_allowed_arrives_with_the_headers_the_rules_insert_and_none_of_ours(url: str) -> None:
    answer = curl(url + "/a?b=%2e", "-H", "x-amzn-waf-seen: forged", "-H", "X-Garrison-Status: 200")
    assert answer.told["target"] == "/a?b=%2e"
    assert answer.seen["x-amzn-waf-seen"] == "yes"
    assert "x-envoy-upstream-service-time" not in answer.headers
    assert not [name for name in answer.seen if name.startswith("x-envoy")]


def test_what_is_blocked_gets_the_response_the_rule_has_whatever_its_status(url: str) -> None:
    answer = curl(url + "/", "--data", "an attack")
    assert (answer.status, answer.body, answer.headers["x-why"]) == (503, '{"no": 1}', "waf")
    assert answer.headers["content-type"] == "application/json"
    assert "x-garrison-status" not in answer.headers
    assert curl(url + "/fine").status == 200
    assert not curl(url + "/fine").body
    assert curl(url + "/a/../evil").status == 403


def test_two_cookie_headers_are_two_cookies(url: str) -> None:
    assert curl(url, "-H", "Cookie: a=one", "-H", "Cookie: b=two").status == 403
    assert curl(url, "-H", "Cookie: a=one; b=two").status == 403
    assert curl(url, "-H", "Cookie: a=one", "-H", "Cookie: b=twofold").status == 200


def test_headers_are_judged_in_the_order_they_came(url: str) -> None:
    assert curl(url, "-H", "x-b: 1", "-H", "x-a: 2").status == 403
    assert curl(url, "-H", "x-a: 1", "-H", "x-b: 2").status == 200


def test_rules_see_the_clients_own_forwarded_for_and_nobody_can_forge_what_the_edge_says(url: str) -> None:
    assert curl(url, "-H", "X-Forwarded-For: 203.0.113.9").status == 403
    answer = curl(url, "-H", "X-Forwarded-For: 203.0.113.8")
    assert answer.seen["x-forwarded-for"].replace(" ", "") == "203.0.113.8,127.0.0.1"
    for forged in ("X-Garrison-Forwarded-For: 203.0.113.9", "X-Garrison-Order: x-b:x-a", "X-Garrison-Length: 99999"):
        assert curl(url, "-H", forged).status == 200


def test_the_first_eight_kilobytes_of_a_body_are_inspected_and_all_of_it_arrives(url: str) -> None:
    assert curl(url, "--data-binary", "@-", data=b"q" * 8180 + b"attack").status == 503
    answer = curl(url, "--data-binary", "@-", data=b"q" * 8190 + b"attack")
    assert answer.told["length"] == 8196
    chunked = ("--data-binary", "@-", "-H", "Transfer-Encoding: chunked", "-H", "Content-Length:")
    assert curl(url, *chunked, data=b"q" * 8000 + b"attack").status == 503
    assert curl(url, *chunked, data=b"q" * 300_000).told["length"] == 300_000


def test_the_length_a_rule_sees_is_the_one_the_client_sent(url: str) -> None:
    assert curl(url, "--data-binary", "@-", data=b"q" * 9_999).status == 200
    assert curl(url, "--data-binary", "@-", data=b"q" * 10_001).status == 403


def test_a_challenge_is_a_page_for_browsers_and_its_endpoint_is_on_the_same_host(url: str) -> None:
    answer = curl(url + "/login", "-H", "Accept: text/html")
    assert (answer.status, answer.headers["x-amzn-waf-action"]) == (202, "challenge")
    assert "<html" in answer.body
    assert curl(url + "/.garrison/waf/challenge", "-d", "task=x&counter=1").status == 403
    assert curl(url + "/.garrison/waf/nothing").status == 404


def test_http2_and_tls_are_judged_alike(garrison: Server, plane: str, web: Balancer, url: str) -> None:
    group = web.elb.describe_target_groups(Names=["app"])["TargetGroups"][0]["TargetGroupArn"]
    _, secure = web.listen(443, forward(group), Protocol="HTTPS", Certificates=[{"CertificateArn": ACM}])
    authority = ("--cacert", str(garrison.data / "tls" / "ca.pem"))
    until_answer(lambda answer: answer.status == 200, secure, *authority)
    assert curl(secure + "/a/../evil", *authority).status == 403
    assert curl(secure, *authority, "-H", "Cookie: a=one", "-H", "Cookie: b=two").status == 403
    assert curl(secure, *authority, "--http1.1").status == 200


def test_what_web_acls_saw_is_counted_and_sampled(garrison: Server, url: str) -> None:
    curl(url + "/a/../evil?why=sample")
    acl = next(acl for acl in web_acls(garrison) if acl["Name"] == "traps")["ARN"]
    traffic = Traffic(garrison.data / "edge" / NAME)
    until(lambda: traffic.sampled(acl, "path", 0, 1e11)[0])
    items, population = traffic.sampled(acl, "path", 0, 1e11)
    assert population >= len(items) > 0
    assert items[0]["Action"] == "BLOCK"
    assert traffic.counts(acl, 0, 1e11)["counted", "COUNT"] > 0
    until(lambda: any("sample" in item["Request"]["URI"] for item in traffic.sampled(acl, "path", 0, 1e11)[0]))
    log = garrison.data / "edge" / "access.jsonl"
    until(lambda: '"/a/../evil?why=sample"' in log.read_text())


def web_acls(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client(server, "wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
    return found


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /fine HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /fine HTTP/1.1\r\nHost: x\r\nX-Big: " + b"q" * 70_000 + b"\r\n\r\n",
        b"GET /fine HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
    ids=["both lengths", "two lengths", "bad chunk", "large head", "no header", "no HTTP"],
)
def test_what_could_be_read_in_two_ways_never_reaches_the_application(
    url: str, application: Application, raw: bytes
) -> None:
    before = len(application.seen)
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(raw)
        answer = b""
        while b"\r\n\r\n" not in answer and (more := connection.recv(4096)):
            answer += more
    assert answer.split(b" ")[1][:1] == b"4", answer
    assert len(application.seen) == before


class _Upgrading(threading.Thread):
    """A server that changes to a protocol of its own, in which it says everything back."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            got = b""
            while b"\r\n\r\n" not in got:
                more = connection.recv(4096)
                if not more:
                    return
                got += more
            if b"upgrade: websocket" not in got.lower():
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                return
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
            while data := connection.recv(4096):
                connection.sendall(data)

    def close(self) -> None:
        self._listening.close()


def test_websockets_pass_once_the_request_for_them_was_judged(web: Balancer, url: str) -> None:
    server = _Upgrading()
    server.start()
    _, other = web.listen(8001, forward(web.group("sockets", server.port)))
    until_answer(lambda answer: answer.status == 200, other)
    place = urlsplit(other)

    def ask(path: str) -> tuple[bytes, socket.socket]:
        connection = socket.create_connection((place.hostname, place.port), timeout=10)
        head = f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        connection.sendall(
            f"{head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        return connection.recv(4096), connection

    answer, connection = ask("/socket")
    with connection:
        assert answer.startswith(b"HTTP/1.1 101")
        connection.sendall(b"attack")  # frames are not inspected, at AWS neither
        assert connection.recv(4096) == b"attack"
    answer, connection = ask("/a/../evil")
    with connection:
        assert answer.startswith(b"HTTP/1.1 403")
    server.close()


def test_a_worker_that_hangs_is_replaced_and_requests_are_judged_again(garrison: Server, plane: str, url: str) -> None:
    if plane != "envoy":
        pytest.skip("the embedded proxy judges by itself")
    status = read_status(garrison.data / "edge")
    assert status is not None
    (worker,) = status.workers
    os.kill(worker, signal.SIGSTOP)
    assert curl(url + "/a/../evil").status == 403  # it was asked, and the next one judged

    def judged() -> bool:
        now = read_status(garrison.data / "edge")
        return now is not None and worker not in now.workers and curl(url + "/a/../evil").status == 403

    until(judged, seconds=60)
    assert curl(url).status == 200


def test_an_update_of_the_web_acl_is_what_the_next_requests_are_judged_by(
    garrison: Server, application: Application
) -> None:
    other = Balancer(garrison, "other")
    _, found = other.listen(8002, forward(other.group("other-app", application.port)))
    acl = WebAcl(garrison, "changing", rule("one", 1, match({"UriPath": {}}, "one")))
    acl.protect(other.arn)
    until_answer(lambda answer: answer.status == 403, found + "/one")
    acl.update(rule("two", 1, match({"UriPath": {}}, "two")))
    until_answer(lambda answer: answer.status == 403, found + "/two")
    assert curl(found + "/one").status == 200
    acl.waf.disassociate_web_acl(ResourceArn=other.arn)
    until_answer(lambda answer: answer.status == 200, found + "/two")
