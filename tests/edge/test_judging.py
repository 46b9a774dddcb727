"""What becomes of a request before and beside its web ACL, and how Envoy's checks are read. No server."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garrison.access.sites import Geo
from garrison.edge.embedded.messages import Bad, Gone, Head, Messages
from garrison.edge.inspection.checks import request_of, split_cookies
from garrison.edge.inspection.guards import Guard
from garrison.edge.inspection.judge import judge
from garrison.waf import Location, Request, Resource, State

RESOURCE = Resource(kind="CLOUDFRONT", id="E1")
TOKEN = st.text("abcdefgXYZ0189-_", min_size=1, max_size=8).map(str.encode)
VALUE = st.binary(max_size=20).filter(lambda v: not any(c in v for c in b"\r\n\0"))


@pytest.mark.parametrize(
    ("geo", "country", "passes"),
    [
        (Geo(True, ("DE", "FR")), "DE", True),
        (Geo(True, ("DE", "FR")), "US", False),
        (Geo(False, ("US",)), "US", False),
        (Geo(False, ("US",)), "DE", True),
        (Geo(True, ("DE",)), "", True),
        (Geo(False, ("US",)), "", True),
    ],
)
def test_a_geographic_restriction_lets_in_whom_it_says_and_whose_country_is_not_known(
    geo: Geo, country: str, passes: bool
) -> None:
    state = State(locate=lambda address: Location(country))
    request = Request(method="GET", target=b"/", source_ip="203.0.113.7", resource=RESOURCE)
    found = judge(Guard(RESOURCE, None, geo), request, state, 0.0)
    assert (found.response is None) == passes
    assert found.response is None or found.response.status == 403


def test_a_check_is_read_as_the_clients_request_with_what_envoy_could_not_say() -> None:
    headers = [
        (b"host", b"example.com"),
        (b"x-garrison-site", b"arn"),
        (b"x-garrison-address", b"[2001:db8::1]:4711"),
        (b"x-garrison-forwarded-for", b"203.0.113.9, 198.51.100.1"),
        (b"x-forwarded-for", b"203.0.113.9, 198.51.100.1,127.0.0.1"),
        (b"x-garrison-length", b"90000"),
        (b"x-garrison-protocol", b"HTTP/2"),
        (b"x-garrison-order", b"host:cookie:x-forwarded-for"),
        (b"x-envoy-auth-partial-body", b"true"),
        (b"x-envoy-internal", b"true"),
        (b"content-length", b"8192"),
        (b"cookie", b"a=1,b=2"),
    ]
    request = request_of(b"POST", b"/a/../b?x", headers, b"q" * 8192, RESOURCE, "id")
    assert request.headers == (
        (b"host", b"example.com"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"x-forwarded-for", b"203.0.113.9, 198.51.100.1"),
        (b"content-length", b"90000"),
    )
    assert (request.target, request.version, request.source_ip) == (b"/a/../b?x", "HTTP/2.0", "2001:db8::1")
    assert (request.body_length, request.body_truncated) == (90000, True)
    assert request.header_order == (b"host", b"cookie", b"x-forwarded-for")


@given(st.lists(st.tuples(TOKEN, st.text("abc =-/", max_size=8).map(str.encode)), min_size=1, max_size=6))
def test_cookie_headers_that_were_joined_are_taken_apart_as_they_were(cookies: list[tuple[bytes, bytes]]) -> None:
    sent = [name + b"=" + value for name, value in cookies]
    assert split_cookies(b",".join(sent)) == sent


@given(st.lists(st.tuples(TOKEN, VALUE), max_size=8), st.binary(max_size=64), st.binary(max_size=32))
def test_no_check_is_too_strange_to_be_read(headers: list[tuple[bytes, bytes]], body: bytes, target: bytes) -> None:
    strange = [(b"x-garrison-" + name, value) for name, value in headers]
    request_of(b"GET", target, [*headers, *strange, (b"x-garrison-length", b"x")], body, RESOURCE, "id")


async def _read(data: bytes, *, responses: bool = False) -> list[tuple[Head, bytes]]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    messages = Messages(reader, responses=responses)
    found = []
    while (head := await messages.head()) is not None:
        body = b""
        while piece := await messages.body():
            body += piece
        found.append((head, body))
    return found


def test_messages_that_follow_each_other_are_read_one_by_one() -> None:
    raw = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: y\r\n\r\n"
    (first, body), (second, nothing) = asyncio.run(_read(raw))
    assert (first.target, body, second.target, nothing) == (b"/a", b"abc", b"/b", b"")
    assert second.headers == [(b"Host", b"y")]


@pytest.mark.parametrize(
    "raw",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nbig: " + b"q" * 70_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read(raw: bytes) -> None:
    with pytest.raises(Bad):
        asyncio.run(_read(raw))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_end_in_an_error_of_ours(raw: bytes) -> None:
    for responses in (False, True):
        with contextlib.suppress(Bad, Gone):
            asyncio.run(_read(b"GET / HTTP/1.1\r\nHost: x\r\n" + raw, responses=responses))
