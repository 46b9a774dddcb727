"""What actions do to a request and its answer."""

from __future__ import annotations

from typing import Any

from tests.waf.documents import EVERY, byte, request, rule, verdict


def inserting(kind: str, *headers: tuple[str, str]) -> dict[str, Any]:
    return {kind: {"CustomRequestHandling": {"InsertHeaders": [{"Name": n, "Value": v} for n, v in headers]}}}


def test_a_block_is_a_403() -> None:
    found = verdict(request(), rule(EVERY))
    assert found.blocked
    assert found.response is not None
    assert found.response.status == 403
    assert b"403 Forbidden" in found.response.body


def test_a_custom_response_has_its_status_headers_and_body() -> None:
    custom = {
        "ResponseCode": 429,
        "CustomResponseBodyKey": "slow",
        "ResponseHeaders": [{"Name": "Retry-After", "Value": "60"}],
    }
    bodies = {"slow": {"ContentType": "TEXT_HTML", "Content": "<p>Später</p>"}}
    found = verdict(request(), rule(EVERY, {"Block": {"CustomResponse": custom}}), CustomResponseBodies=bodies)
    assert found.response is not None
    assert found.response.status == 429
    assert found.response.headers == (("Content-Type", "text/html"), ("Retry-After", "60"))
    assert found.response.body == "<p>Später</p>".encode()


def test_the_default_action_may_block_with_a_custom_response() -> None:
    default = {"Block": {"CustomResponse": {"ResponseCode": 404}}}
    found = verdict(request(), DefaultAction=default)
    assert (found.rule, found.action) == ("Default_Action", "BLOCK")
    assert found.response is not None
    assert (found.response.status, found.response.body) == (404, b"")


def test_headers_are_inserted_with_their_prefix_by_all_rules_that_matched() -> None:
    found = verdict(
        request(),
        rule(EVERY, inserting("Count", ("one", "1"), ("both", "first"))),
        rule(byte(b"never", "UriPath"), inserting("Count", ("never", "x"))),
        rule(EVERY, inserting("Allow", ("two", "2"), ("Both", "last"))),
    )
    assert found.insert_headers == (("x-amzn-waf-one", "1"), ("x-amzn-waf-Both", "last"), ("x-amzn-waf-two", "2"))


def test_nothing_is_inserted_into_what_is_not_passed_on() -> None:
    assert verdict(request(), rule(EVERY, inserting("Count", ("one", "1"))), rule(EVERY)).insert_headers == ()


def test_allow_ends_the_evaluation_and_count_does_not() -> None:
    assert verdict(request(), rule(EVERY, "Allow", "a"), rule(EVERY)).rule == "a"
    found = verdict(request(), rule(EVERY, "Count", "c"), rule(EVERY, name="b"))
    assert (found.rule, [m.rule for m in found.matched]) == ("b", ["c"])


def test_a_thousand_rules_answer_as_each_alone_would() -> None:
    rules = [rule(byte(b"/page-%04d/" % n, "UriPath", "STARTS_WITH"), name=f"r{n}") for n in range(500)]
    rules += [rule(byte(b"word%04d." % n, "UriPath"), name=f"s{n}") for n in range(500)]
    for path, expected in ((b"/page-0499/", "r499"), (b"/x/word0007.", "s7"), (b"/", "Default_Action")):
        assert verdict(request(path), *rules).rule == expected
