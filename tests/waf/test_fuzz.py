"""Whatever a client sends: no crash, and no more time than its size explains."""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from garrison.waf import CompiledWebAcl, Request, State, json_text, log_record
from garrison.waf.body_values import values_of
from garrison.waf.challenge import answer
from garrison.waf.explain import explain
from garrison.waf.log_record import samples
from garrison.waf.parts import Parts, split_cookies, split_pairs, split_target
from garrison.waf.transformations import TRANSFORMATIONS
from tests.waf.documents import both, byte, compiled, no, on, regex, rule, size

SLOW = 1.0
"""Seconds for 64 KB of anything, on a machine that does much else: quadratic time takes minutes."""

TELLING = [
    b"%", b"%u", b"%u00", b"%41", b"&", b"&#", b"&#x", b";", b"\\", b"\\u", b"\\x", b"\\0", b"\\u{", b"/*", b"*/",
    b"../", b"./", b"//", b"0x", b"41", b'"', b"{", b"}", b"[", b"]", b":", b",", b"=", b"+", b" ", b"\t", b"\0", b"\n",
    b"\r\n", b"--", b"--X", b"--X--", b"<", b">", b"<a b='", b"<![CDATA[", b"]]>", b"<!--", b"\xc3", b"\xff",
    b"\xe2\x82\xac", b"a", b"Content-Disposition: form-data; name=", b'name="', b"#", b"?", b"://", b"'", b"^", b"null",
    b"1e9", b"-",
]  # fmt: skip

data = st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(TELLING), max_size=60).map(b"".join))
types = st.sampled_from(
    [
        b"application/json",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=X",
        b'multipart/form-data; boundary="X"',
        b"multipart/form-data",
        b"text/xml",
        b"application/soap+xml; charset=utf-8",
        b"text/plain",
        b"",
        b";",
    ]
)

quick = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
long = settings(max_examples=30_000, deadline=None, suppress_health_check=list(HealthCheck))


def take_apart(body: bytes, content_type: bytes) -> None:
    split_target(body)
    split_pairs(body)
    split_cookies([body, body])
    values_of(body, content_type)
    root, _ = json_text.read(body)
    json_text.keys_and_values(root)
    list(json_text.named_values(root))
    json_text.find(root, ("a", "0", ""))
    for transform in TRANSFORMATIONS.values():
        assert isinstance(transform(body), bytes)


@functools.cache
def demanding() -> CompiledWebAcl:
    """A web ACL that looks everywhere, through every transformation."""
    every = {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}
    fields: list[dict[str, Any]] = [
        {"UriPath": {}}, {"QueryString": {}}, {"AllQueryArguments": {}}, {"Body": {}}, {"Method": {}},
        {"JsonBody": every}, {"Headers": {**every, "OversizeHandling": "CONTINUE"}},
        {"Cookies": {**every, "OversizeHandling": "MATCH"}}, {"HeaderOrder": {"OversizeHandling": "NO_MATCH"}},
        {"UriFragment": {"FallbackBehavior": "NO_MATCH"}},
    ]  # fmt: skip
    names = sorted(TRANSFORMATIONS)
    rules = []
    for number, field in enumerate(fields):
        chain = [names[(3 * number + offset) % len(names)] for offset in range(3)]
        rules.append(rule(both(byte(b"evil", field), no(size("GT", 5, field, *chain))), "Count"))
        rules.append(rule(regex("(?i)union.{1,20}select|^a+$", field, *chain), "Count"))
    keys = [{"Cookie": {"Name": "a", **on("Method")}}, {"QueryString": on("Method")}]
    for key in keys:
        next(iter(key.values())).pop("FieldToMatch")
    rate = {"Limit": 10, "AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": keys}
    rules.append(rule({"RateBasedStatement": rate}, "Count"))
    rules.append(rule(byte(b"/c", "UriPath", "STARTS_WITH"), "Captcha"))
    rules.append(rule(byte(b"/h", "UriPath", "STARTS_WITH"), "Challenge"))
    return compiled(*rules, TokenDomains=["example.com"])


headers = st.lists(
    st.tuples(st.sampled_from([b"Cookie", b"cookie", b"Host", b"X-Forwarded-For", b"a"]) | data, data), max_size=8
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    body = draw(data)
    given_headers = [(b"Content-Type", draw(types)), (b"Accept", b"text/html"), *draw(headers)]
    return Request(
        method=draw(st.sampled_from(["GET", "POST", "é", ""])),
        target=draw(
            st.sampled_from([b"/", b"/c?", b"/h/", b"", b"/.garrison/waf/captcha", b"/.garrison/waf/challenge"])
        )
        + draw(data),
        headers=tuple(given_headers),
        body=body,
        body_length=draw(st.none() | st.integers(0, 10**12)),
        body_truncated=draw(st.booleans()),
        source_ip=draw(st.sampled_from(["192.0.2.1", "::1", "fe80::1%eth0", "", "unix:"])),
    )


def inspect_and_tell(request: Request) -> None:
    acl, state = demanding(), State()
    answer(acl, request, state, 1e9)
    verdict = acl.inspect(request, state, 1e9)
    import json

    json.dumps(log_record(acl, request, verdict))
    samples(acl, request, verdict)
    explain(acl, request, state, 1e9)


@quick
@given(data, types)
def test_taking_bodies_apart_never_fails(body: bytes, content_type: bytes) -> None:
    take_apart(body, content_type)


@settings(quick, max_examples=50)
@given(requests())
def test_no_request_makes_the_engine_fail(request: Request) -> None:
    inspect_and_tell(request)


@pytest.mark.soak
@long
@given(data, types)
def test_taking_bodies_apart_never_fails_for_long(body: bytes, content_type: bytes) -> None:
    take_apart(body, content_type)


@pytest.mark.soak
@long
@given(requests())
def test_no_request_makes_the_engine_fail_for_long(request: Request) -> None:
    inspect_and_tell(request)


def _large(piece: bytes) -> bytes:
    return (piece * (65536 // len(piece) + 1))[:65536]


LARGE: list[Callable[[bytes], Any]] = [
    split_target,
    split_pairs,
    lambda body: split_cookies([body]),
    json_text.read,
    lambda body: json_text.read(b'{"a":' + body),
    lambda body: json_text.read(b'["' + body),
    lambda body: values_of(body, b"application/json"),
    lambda body: values_of(body, b"application/x-www-form-urlencoded"),
    lambda body: values_of(body, b"multipart/form-data; boundary=X"),
    lambda body: values_of(b"--X\r\nContent-Disposition: form-data; " + body, b"multipart/form-data; boundary=X"),
    lambda body: values_of(b"<a " + body, b"text/xml"),
    lambda body: Parts(Request(method="GET", target=b"/", headers=((b"cookie", body),) * 2), 8192).inspected_cookies,
    *TRANSFORMATIONS.values(),
]


@pytest.mark.parametrize("function", LARGE, ids=[*(str(n) for n in range(12)), *TRANSFORMATIONS])
def test_time_grows_with_size_alone(function: Callable[[bytes], Any]) -> None:
    slowest = 0.0
    gc.disable()  # a collection walks what every other test left in this process, which is not this function's time
    try:
        for piece in TELLING:
            body = _large(piece)
            started = time.thread_time()
            function(body)
            slowest = max(slowest, time.thread_time() - started)
    finally:
        gc.enable()
    assert slowest < SLOW


def test_a_large_hostile_request_is_inspected_in_time() -> None:
    for piece in (b"%u00", b'{"a":', b"&#x", b"..//", b"a=1&", b"\\u{"):
        body = _large(piece)
        request = Request(
            method="POST",
            target=b"/?" + body[:8000],
            headers=((b"Content-Type", b"application/json"), *((b"h%d" % n, body[:40]) for n in range(200))),
            body=body,
        )
        started = time.thread_time()
        demanding().inspect(request, State(), 1e9)
        assert time.thread_time() - started < SLOW
