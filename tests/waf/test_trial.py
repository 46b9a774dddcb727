"""Requests as people have them: curl command lines, HAR files, JSON lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.waf import Request, Resource
from garrison.waf.trial import curl, har, jsonl
from garrison.waf.trial.case import Expectation, NotUnderstood, expectation
from garrison.waf.trial.references import references
from garrison.waf.trial.url import split_url, without_dots

ALB = Resource()
FILES = {"data.txt": b"line one\r\nline two\n", "photo.png": b"\x89PNG"}


def asked(command: str) -> Request:
    (case,) = curl.cases(command, "here", ALB, FILES.__getitem__)
    return case.request


def headers(request: Request) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in request.headers}


def test_a_plain_command_sends_what_curl_sends() -> None:
    request = asked("curl https://shop.example:8443/a%20b?x=1#frag")
    assert (request.method, request.target, request.scheme) == ("GET", b"/a%20b?x=1", "https")
    assert headers(request) == {"Host": "shop.example:8443", "User-Agent": curl.USER_AGENT, "Accept": "*/*"}


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ("-d a=1 -d b=2", b"a=1&b=2", "application/x-www-form-urlencoded"),
        ("--data-raw @x", b"@x", "application/x-www-form-urlencoded"),
        ("-d @data.txt", b"line oneline two", "application/x-www-form-urlencoded"),
        ("--data-binary @data.txt", b"line one\r\nline two\n", "application/x-www-form-urlencoded"),
        ("--data-urlencode 'q=a b&c'", b"q=a%20b%26c", "application/x-www-form-urlencoded"),
        ("""--json '{"a":1}'""", b'{"a":1}', "application/json"),
        ("-d x -H 'Content-Type: text/xml'", b"x", "text/xml"),
    ],
)
def test_data_makes_a_post(options: str, body: bytes, content_type: str) -> None:
    request = asked(f"curl http://shop/ {options}")
    assert (request.method, request.body, headers(request)["Content-Type"]) == ("POST", body, content_type)


def test_forms_are_multipart() -> None:
    request = asked("curl http://shop/ -F a=1 -F 'f=@photo.png;type=image/png'")
    assert headers(request)["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="f"; filename="photo.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG' in request.body


def test_other_options_of_a_request() -> None:
    request = asked(
        "curl -sS -XPUT -u ana:pw -A me -e http://r/ -b 'a=1' -H 'X-Tag: t' -H 'Accept:' --http2 http://shop/x -o out"
    )
    assert (request.method, request.version) == ("PUT", "HTTP/2.0")
    assert headers(request) == {
        "Host": "shop",
        "Authorization": "Basic YW5hOnB3",
        "User-Agent": "me",
        "Referer": "http://r/",
        "Cookie": "a=1",
        "X-Tag": "t",
    }
    assert asked("curl -G -d q=1 'http://shop/?a=2'").target == b"/?a=2&q=1"
    assert asked("curl -I http://shop/").method == "HEAD"
    assert asked("curl http://shop/a/../b").target == b"/b"
    assert asked("curl --path-as-is http://shop/a/../b").target == b"/a/../b"


def test_quotes_and_continued_lines_as_a_browser_copies_them() -> None:
    request = asked("curl 'http://shop/' \\\n  -H $'X-A: it\\'s \\u00e9' \\\n  --data-raw $'a\\x00b\\xff' --compressed")
    assert headers(request)["X-A"] == "it's é"
    assert request.body == b"a\x00b\xff"


def test_expectations_are_comments_before_a_command() -> None:
    text = "# expect: block by flood\ncurl http://shop/\n\n# a note\ncurl http://shop/2; curl http://shop/3\n"
    found = list(curl.cases(text, "file", ALB, FILES.__getitem__))
    assert [(c.name, c.expected) for c in found] == [
        ("file:2", Expectation("BLOCK", "flood")),
        ("file:5", None),
        ("file:5", None),
    ]


@pytest.mark.parametrize(
    "command",
    [
        "wget http://shop/",
        "curl",
        "curl --bogus http://shop/",
        "curl http://a/ http://b/",
        "curl -H",
        "curl 'http://shop/",
    ],
)
def test_what_is_no_command_says_where_it_stands(command: str) -> None:
    with pytest.raises(NotUnderstood, match="line 2"):
        list(curl.cases("\n" + command, "file", ALB, FILES.__getitem__))


def test_json_lines() -> None:
    row: dict[str, Any] = {
        "id": "x1",
        "method": "POST",
        "target": "/login?é",
        "headers": [["Host", "shop"], ["X", "1"]],
        "body_b64": "YT0x/w==",
        "source_ip": "192.0.2.1",
        "country": "us",
        "label": "attack",
    }
    (case,) = jsonl.cases(json.dumps(row) + "\n\n", "f", ALB)
    assert (case.name, case.expected) == ("x1", Expectation("BLOCK"))
    assert (case.request.target, case.request.body) == ("/login?é".encode(), b"a=1\xff")
    assert case.request.location is not None
    assert case.request.location.country == "US"
    (other,) = jsonl.cases('{"path": "/", "expect": "allow", "headers": {"a": "b"}, "body": "x"}', "f", ALB)
    assert (other.name, other.request.headers, other.request.body) == ("f:1", ((b"a", b"b"),), b"x")


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"target": "/", "body_b64": "?"}', '{"target": "/", "expect": "no"}']
)
def test_a_line_that_is_no_request_says_which(line: str) -> None:
    with pytest.raises(NotUnderstood, match="f:2"):
        list(jsonl.cases('{"target": "/"}\n' + line, "f", ALB))


def test_har_entries() -> None:
    entry = {
        "comment": "expect: challenge",
        "request": {
            "method": "POST",
            "url": "https://shop.example/a?b#c",
            "httpVersion": "h2",
            "headers": [{"name": ":authority", "value": "shop.example"}, {"name": "accept", "value": "*/*"}],
            "postData": {"mimeType": "text/plain", "text": "hallo"},
        },
    }
    (case,) = har.cases(json.dumps({"log": {"entries": [entry]}}), "f", ALB)
    assert case.expected == Expectation("CHALLENGE")
    assert (case.request.target, case.request.version, case.request.body) == (b"/a?b", "HTTP/2", b"hallo")
    assert case.request.headers == ((b"host", b"shop.example"), (b"accept", b"*/*"))
    with pytest.raises(NotUnderstood):
        list(har.cases("{}", "f", ALB))


def test_expectations() -> None:
    assert expectation("count by x") == Expectation("COUNT", "x")
    for text in ("", "count", "maybe", "block for x"):
        with pytest.raises(NotUnderstood):
            expectation(text)


def test_urls() -> None:
    assert split_url("shop.example") == ("http", b"shop.example", b"/")
    assert split_url("http://u:p@shop?x") == ("http", b"shop", b"/?x")
    assert without_dots(b"/a/./b/../../../c/..?../x") == b"/?../x"


def test_references_by_arn() -> None:
    text = json.dumps([{"IPSet": {"ARN": "arn:a", "Addresses": []}}, {"Name": "g", "Rules": [{"Statement": {}}]}])
    found = references(text, "f")
    assert set(found) == {"arn:a", "g"}
    assert found["g"]["Rules"][0]["Name"] == "rule-0"
