"""Web ACLs as files have them, and the library's front door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.waf import Request, inspect
from garrison.waf.documents import NotAWebAcl, parse, read_web_acl, with_bytes
from tests.waf.documents import byte, rule, web_acl


def found(document: Any) -> bytes:
    text: bytes = document["Rules"][0]["Statement"]["ByteMatchStatement"]["SearchString"]
    return text


def written(text: str, key: str = "SearchString") -> dict[str, Any]:
    statement = byte(b"", "UriPath")
    del statement["ByteMatchStatement"]["SearchString"]
    statement["ByteMatchStatement"][key] = text
    return web_acl(rule(statement))


def test_search_strings_are_base64_if_all_of_them_are() -> None:
    assert found(with_bytes(written("L2FkbWlu"))) == b"/admin"
    assert found(with_bytes(written("/admin"))) == b"/admin"
    both = written("L2FkbWlu")
    both["Rules"] += written("not base64")["Rules"]
    assert found(with_bytes(both)) == b"L2FkbWlu"
    assert found(with_bytes(written("L2FkbWlu"), "text")) == b"L2FkbWlu"
    assert found(with_bytes(written("L2FkbWlu", "SearchStringBase64"))) == b"/admin"
    with pytest.raises(AwsError, match="not base64"):
        with_bytes(written("???"), "base64")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda acl: acl,
        lambda acl: {"WebACL": acl, "LockToken": "x"},
        lambda acl: acl["Rules"],
        lambda acl: acl["Rules"][0],
    ],
)
def test_forms_of_a_web_acl(wrap: Any) -> None:
    document = read_web_acl(parse(json.dumps(wrap(written("/admin")))))
    assert found(document) == b"/admin"
    assert document["Rules"][0]["VisibilityConfig"]["MetricName"]


@pytest.mark.parametrize("text", ["", "[", "5", '"x"', "{}", '{"Rules": [5]}'])
def test_what_is_no_web_acl(text: str) -> None:
    with pytest.raises(NotAWebAcl):
        parse(text)


def test_what_the_model_does_not_take() -> None:
    broken = web_acl(rule({"RegexMatchStatement": {"RegexString": 5}}))
    with pytest.raises(AwsError, match="RegexString"):
        read_web_acl(broken)


def test_the_front_door() -> None:
    document = web_acl(rule(byte(b"/admin", "UriPath", "STARTS_WITH"), name="no-admin"))
    verdict = inspect(document, Request(method="GET", target=b"/admin/"))
    assert (verdict.action, verdict.rule) == ("BLOCK", "no-admin")
    assert inspect(document, Request(method="GET", target=b"/")).action == "ALLOW"
