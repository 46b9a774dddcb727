"""What each component of a request shows to a rule."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.waf import Request, Resource
from garrison.waf.fields import PUBLIC, compile_field
from garrison.waf.parts import Parts
from tests.waf.documents import byte, matches, request, size

ALL: dict[str, Any] = {"All": {}}


def shown(field: str, params: dict[str, Any], asked: Request) -> Any:
    values = compile_field({field: params}).extract(Parts(asked, 8192))
    return values if isinstance(values, bool) else sorted(values)


POST = request(
    b"/a%20b/?q=1%202&Q=3&q2&=x#frag",
    [("Host", "shop"), ("X-Tag", "one"), ("x-tag", "two"), ("Cookie", "a=1; B=2"), ("Cookie", "c")],
    method="POST",
    body=b'{"k":"v"}',
    ja3="a" * 32,
    ja4="t13d",
)

CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("Method", {}, [b"POST"]),
    ("UriPath", {}, [b"/a%20b/"]),
    ("QueryString", {}, [b"q=1%202&Q=3&q2&=x"]),
    ("UriFragment", {}, [b"frag"]),
    ("SingleHeader", {"Name": "X-TAG"}, [b"one", b"two"]),
    ("SingleHeader", {"Name": "none"}, False),
    ("SingleQueryArgument", {"Name": "q"}, [b"1%202", b"3"]),
    ("SingleQueryArgument", {"Name": "absent"}, False),
    ("AllQueryArguments", {}, [b"", b"1%202", b"3", b"x"]),
    ("Body", {}, [b'{"k":"v"}']),
    ("HeaderOrder", {"OversizeHandling": "CONTINUE"}, [b"host:x-tag:x-tag:cookie:cookie"]),
    ("JA3Fingerprint", {"FallbackBehavior": "MATCH"}, [b"a" * 32]),
    ("JA4Fingerprint", {"FallbackBehavior": "MATCH"}, [b"t13d"]),
    (
        "Headers",
        {"MatchPattern": {"IncludedHeaders": ["HOST"]}, "MatchScope": "ALL", "OversizeHandling": "CONTINUE"},
        [b"Host", b"shop"],
    ),
    (
        "Headers",
        {"MatchPattern": {"ExcludedHeaders": ["cookie"]}, "MatchScope": "VALUE", "OversizeHandling": "CONTINUE"},
        [b"one", b"shop", b"two"],
    ),
    (
        "Cookies",
        {"MatchPattern": {"IncludedCookies": ["b", "a"]}, "MatchScope": "VALUE", "OversizeHandling": "CONTINUE"},
        [b"1"],
    ),
    ("Cookies", {"MatchPattern": ALL, "MatchScope": "KEY", "OversizeHandling": "CONTINUE"}, [b"B", b"a", b"c"]),
    ("JsonBody", {"MatchPattern": ALL, "MatchScope": "ALL"}, [b"k", b"v"]),
]


@pytest.mark.parametrize(("field", "params", "expected"), CASES)
def test_field(field: str, params: dict[str, Any], expected: Any) -> None:
    assert shown(field, params, POST) == expected


def test_every_field_of_the_api_is_tried() -> None:
    assert {field for field, _, _ in CASES} == PUBLIC


def test_what_is_not_there_matches_nothing_however_it_is_asked() -> None:
    bare = request(b"/")
    for field in ("QueryString", "Body", "AllQueryArguments"):
        assert not matches(size("GE", 0, field), bare)
        assert not matches(size("EQ", 0, field), bare)


@pytest.mark.parametrize("field", ["JA3Fingerprint", "JA4Fingerprint", "UriFragment"])
def test_the_fallback_decides_where_a_component_is_missing(field: str) -> None:
    assert matches(byte(b"x", {field: {"FallbackBehavior": "MATCH"}}, "EXACTLY"), request())
    assert not matches(byte(b"x", {field: {"FallbackBehavior": "NO_MATCH"}}, "EXACTLY"), request())


def test_an_absolute_target_is_its_path() -> None:
    assert shown("UriPath", {}, request(b"http://host/p?q")) == [b"/p"]
    assert shown("UriPath", {}, request(b"http://host")) == [b"/"]
    assert shown("UriPath", {}, request(b"*")) == [b"*"]


def test_the_order_of_headers_can_come_from_the_door() -> None:
    asked = request(b"/", {"b": "1", "a": "2"}, header_order=(b"A", b"B"))
    assert shown("HeaderOrder", {"OversizeHandling": "MATCH"}, asked) == [b"a:b"]


def test_a_body_is_inspected_up_to_the_limit_of_the_resource() -> None:
    tail = byte(b"evil", "Body")
    asked = request(b"/", method="POST", body=b"x" * 8192 + b"evil")
    assert not matches(tail, asked)
    distribution = Request(method="POST", target=b"/", body=asked.body, resource=Resource("CLOUDFRONT"))
    assert matches(tail, distribution)


def test_the_limit_of_a_distribution_is_what_the_web_acl_says() -> None:
    body = b"x" * 40_000 + b"evil"
    asked = Request(method="POST", target=b"/", body=body, resource=Resource("CLOUDFRONT"))
    assert not matches(byte(b"evil", "Body"), asked)
    limit = {"RequestBody": {"CLOUDFRONT": {"DefaultSizeInspectionLimit": "KB_48"}}}
    assert matches(byte(b"evil", "Body"), asked, AssociationConfig=limit)


@pytest.mark.parametrize(("handling", "expected"), [("CONTINUE", False), ("MATCH", True), ("NO_MATCH", False)])
@pytest.mark.parametrize("kind", ["Body", "JsonBody", "Headers", "Cookies", "HeaderOrder"])
def test_oversize_handling_settles_what_is_larger_than_what_is_inspected(
    kind: str, handling: str, expected: bool
) -> None:
    params: dict[str, Any] = {"OversizeHandling": handling}
    if kind in ("Headers", "Cookies", "JsonBody"):
        params |= {"MatchPattern": ALL, "MatchScope": "ALL"}
    large = request(
        b"/", {f"h{n}": "y" * 100 for n in range(100)} | {"Cookie": "c=" + "z" * 9000}, body=b"x", body_length=9000
    )
    assert matches(byte(b"not there", {kind: params}), large) is expected


def test_no_match_for_oversize_hides_even_what_is_inspected() -> None:
    asked = request(b"/", body=b"evil" + b"x" * 9000)
    assert matches(byte(b"evil", {"Body": {"OversizeHandling": "CONTINUE"}}), asked)
    assert not matches(byte(b"evil", {"Body": {"OversizeHandling": "NO_MATCH"}}), asked)


def test_two_hundred_headers_are_inspected() -> None:
    headers = [(f"h{n}", "v") for n in range(200)]
    field = {"Headers": {"MatchPattern": ALL, "MatchScope": "VALUE", "OversizeHandling": "CONTINUE"}}
    assert matches(byte(b"last", field), request(b"/", [*headers[:-1], ("x", "last")]))
    assert not matches(byte(b"last", field), request(b"/", [*headers, ("x", "last")]))


def json_field(scope: str = "ALL", fallback: str | None = None, *paths: str) -> dict[str, Any]:
    pattern = {"IncludedPaths": list(paths)} if paths else ALL
    more = {"InvalidFallbackBehavior": fallback} if fallback else {}
    return {"JsonBody": {"MatchPattern": pattern, "MatchScope": scope, **more}}


def json_shown(body: bytes, scope: str = "ALL", fallback: str | None = None, *paths: str) -> Any:
    return shown("JsonBody", json_field(scope, fallback, *paths)["JsonBody"], request(body=body))


def test_keys_and_values_of_json_are_apart() -> None:
    body = b'{"a":{"b":[1,2.50,true,null,"x\\u003c"]}}'
    assert json_shown(body, "KEY") == [b"a", b"b"]
    assert json_shown(body, "VALUE") == sorted([b"1", b"2.50", b"true", b"null", b"x<"])


def test_a_path_selects_what_is_below_it_and_not_its_own_key() -> None:
    body = b'{"a":{"b":"c","d":[{"e":"f"}]},"g":"h","i/j":"k"}'
    assert json_shown(body, "ALL", None, "/a/b") == [b"c"]
    assert json_shown(body, "ALL", None, "/a") == [b"b", b"c", b"d", b"e", b"f"]
    assert json_shown(body, "ALL", None, "/a/d/0/e", "/g") == [b"f", b"h"]
    assert json_shown(body, "ALL", None, "/i~1j") == [b"k"]
    assert json_shown(body, "ALL", None, "/none") is False


@pytest.mark.parametrize(
    "body",
    [b'{"a":"b""c":"d"}', b'{"a""b","c""d"}', b'{"a"::"b","c":"d"}', b'{"a":"b","c":"d",}'],
)
def test_what_aws_parses_although_it_is_no_json(body: bytes) -> None:
    assert json_shown(body, "ALL", "NO_MATCH") == [b"a", b"b", b"c", b"d"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"b","a":"c"}',
        b'{"a":"b"',
        b'{"a":"b"}x',
        b'"a"',
        b"17",
        b"{a:1}",
        b'{"a":"b"]',
        b'{"a":NaN}',
        b"[" * 5000,
    ],
)
def test_what_does_not_parse_falls_back(body: bytes) -> None:
    assert json_shown(body, "ALL", "MATCH") is True
    assert json_shown(body, "ALL", "NO_MATCH") is False
    assert json_shown(body, "ALL", "EVALUATE_AS_STRING") == [body]


def test_without_a_fallback_what_came_before_the_failure_is_inspected() -> None:
    assert json_shown(b'{"a":"b","c":["d", oops "e"]}') == [b"a", b"b", b"c", b"d"]
    assert json_shown(b'{"a":"b","a":"c"}') == [b"a", b"b"]


def pre(statement: dict[str, Any], *names: str) -> dict[str, Any]:
    (params,) = statement.values()
    params["PreParseTextTransformations"] = [{"Priority": n, "Type": name} for n, name in enumerate(names)]
    return statement


def test_the_query_can_be_changed_before_it_is_split() -> None:
    semicolons = request(b"/?a=1;b=evil;c=2")
    field = {"SingleQueryArgument": {"Name": "b"}}
    assert not matches(byte(b"evil", field, "EXACTLY"), semicolons)
    assert matches(pre(byte(b"evil", field, "EXACTLY"), "REPLACE_SEMICOLONS_WITH_AMPERSANDS"), semicolons)
    twice = request(b"/?a=sel&x=0&A=ect")
    combined = pre(byte(b"sel,ect", "AllQueryArguments", "EXACTLY"), "COMBINE_DUPLICATE_QUERY_ARGS_BY_COMMA")
    assert matches(combined, twice)
    hidden = request(b"/?x=1%26b=evil")
    assert matches(pre(byte(b"evil", field, "EXACTLY"), "URL_DECODE"), hidden)
