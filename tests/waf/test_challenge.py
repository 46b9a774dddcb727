"""Challenge and CAPTCHA: what clients get, what they bring back, and what a token is good for."""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any

import msgspec
import pytest

from garrison.waf import CompiledWebAcl, Request, Response, State, TokenKeys
from garrison.waf.challenge import answer, puzzle
from garrison.waf.challenge.endpoint import mint
from tests.waf.documents import EVERY, byte, compiled, label, request, rule

BROWSER = {"Host": "shop.example.com", "User-Agent": "Mozilla/5.0", "Accept": "text/html,*/*"}
NOW = 1_700_000_000.0


def asked(target: bytes = b"/cart?x=1", cookie: str = "", **more: Any) -> Request:
    headers = dict(BROWSER, **more.pop("headers", {}))
    if cookie:
        headers["Cookie"] = f"other=1; {cookie}"
    return request(target, headers, **more)


def post(path: str, body: bytes, **more: Any) -> Request:
    return asked(path.encode(), method="POST", body=body, **more)


def challenged() -> CompiledWebAcl:
    return compiled(rule(EVERY, "Challenge", "check"))


def questioned() -> CompiledWebAcl:
    return compiled(rule(EVERY, "Captcha", "ask"))


def work(page: bytes) -> bytes:
    """What the page's script posts."""
    found = re.search(rb'data-task="([^"]+)" data-bits="(\d+)"', page)
    assert found is not None
    task, bits = found[1], int(found[2])
    for counter in range(10_000_000):
        digest = hashlib.sha256(task + b":%d" % counter).digest()
        if int.from_bytes(digest, "big") >> (256 - bits) == 0:
            return b"task=" + task + b"&counter=%d" % counter
    raise AssertionError("no counter found")


def cookie_of(response: Response | None) -> str:
    assert response is not None
    value = dict(response.headers).get("Set-Cookie", "")
    return value.partition(";")[0]


def solved(acl: CompiledWebAcl, state: State, now: float = NOW, **more: Any) -> str:
    """The cookie of a client that has done the challenge."""
    found = acl.inspect(asked(**more), state, now)
    assert found.response is not None
    return cookie_of(answer(acl, post("/.garrison/waf/challenge", work(found.response.body), **more), state, now))


def test_a_browser_gets_a_page_and_other_clients_get_the_status_alone() -> None:
    for acl, status, action in ((challenged(), 202, "challenge"), (questioned(), 405, "captcha")):
        found = acl.inspect(asked(), State(), NOW)
        assert found.action == action.upper()
        assert found.response is not None
        assert found.response.status == status
        assert ("x-amzn-waf-action", action) in found.response.headers
        assert b"<html" in found.response.body
        plain = acl.inspect(asked(headers={"Accept": "application/json"}), State(), NOW).response
        assert plain is not None
        assert (plain.status, plain.body) == (status, b"")


def test_who_has_done_the_work_is_let_through_until_the_immunity_time_is_over() -> None:
    acl, state = challenged(), State()
    cookie = solved(acl, state)
    found = acl.inspect(asked(cookie=cookie), state, NOW + 299)
    assert found.action == "ALLOW"
    (match,) = found.matched
    assert match.challenge is not None
    assert (match.action, match.challenge.solve_timestamp) == ("CHALLENGE", int(NOW))
    late = acl.inspect(asked(cookie=cookie), state, NOW + 300)
    assert late.action == "CHALLENGE"
    assert late.challenge is not None
    assert (late.challenge.response_code, late.challenge.failure_reason) == (202, "TOKEN_EXPIRED")


def test_a_client_that_never_runs_the_challenge_stays_out() -> None:
    acl, state = challenged(), State()
    for _ in range(3):
        found = acl.inspect(asked(), state, NOW)
        assert found.challenge is not None
        assert (found.action, found.challenge.failure_reason) == ("CHALLENGE", "TOKEN_MISSING")


@pytest.mark.parametrize(
    "other", [{"source_ip": "192.0.2.9"}, {"headers": {"User-Agent": "curl/8"}}], ids=["address", "agent"]
)
def test_a_token_of_another_client_is_refused(other: dict[str, Any]) -> None:
    acl, state = challenged(), State()
    cookie = solved(acl, state)
    found = acl.inspect(asked(cookie=cookie, **other), state, NOW)
    assert found.challenge is not None
    assert (found.action, found.challenge.failure_reason) == ("CHALLENGE", "TOKEN_INVALID")
    assert found.token == "rejected:invalid"


def test_a_token_of_another_domain_is_refused() -> None:
    acl, state = challenged(), State()
    cookie = solved(acl, state)
    found = acl.inspect(asked(cookie=cookie, headers={"Host": "other.example.com"}), state, NOW)
    assert found.challenge is not None
    assert found.challenge.failure_reason == "TOKEN_DOMAIN_MISMATCH"


def test_a_token_is_good_within_a_token_domain() -> None:
    acl, state = compiled(rule(EVERY, "Challenge"), TokenDomains=["example.com", "example.org"]), State()
    cookie = solved(acl, state)
    assert acl.inspect(asked(cookie=cookie, headers={"Host": "other.example.com"}), state, NOW).action == "ALLOW"
    found = acl.inspect(asked(), state, NOW)
    assert found.response is not None
    response = answer(acl, post("/.garrison/waf/challenge", work(found.response.body)), state, NOW)
    assert response is not None
    assert "Domain=example.com" in dict(response.headers)["Set-Cookie"]


@pytest.mark.parametrize("text", ["", "x", "A" * 200, "====", "ä", "A" * 5000])
def test_made_up_tokens_are_invalid(text: str) -> None:
    found = challenged().inspect(asked(cookie=f"aws-waf-token={text}"), State(), NOW)
    assert found.challenge is not None
    assert found.challenge.failure_reason == "TOKEN_INVALID"


def test_tokens_under_another_key_are_invalid_and_the_same_key_accepts_them_elsewhere() -> None:
    acl, secret = challenged(), b"s" * 32
    cookie = solved(acl, State(tokens=TokenKeys(secret)))
    assert acl.inspect(asked(cookie=cookie), State(tokens=TokenKeys(secret)), NOW).action == "ALLOW"
    assert acl.inspect(asked(cookie=cookie), State(tokens=TokenKeys(b"t" * 32)), NOW).action == "CHALLENGE"


def test_the_work_counts_once_for_one_client_and_for_minutes() -> None:
    acl, state = challenged(), State()
    found = acl.inspect(asked(), state, NOW)
    assert found.response is not None
    done = work(found.response.body)
    path = "/.garrison/waf/challenge"

    def status(asked_with: Request, now: float = NOW) -> int:
        response = answer(acl, asked_with, state, now)
        assert response is not None
        return response.status

    assert status(post(path, done, source_ip="192.0.2.9")) == 403
    assert status(post(path, done, headers={"Host": "other.example.com"})) == 403
    assert status(post(path, done), NOW + 301) == 403
    assert status(post(path, done.replace(b"counter=", b"counter=1"))) == 403
    assert status(post(path, b"task=x&counter=1")) == 403
    assert status(post(path, done)) == 200
    assert status(post(path, done)) == 403


def test_paths_of_the_engine_are_answered_and_others_are_not() -> None:
    acl, state = challenged(), State()
    assert answer(acl, asked(b"/"), state, NOW) is None
    assert answer(acl, asked(b"/x/.garrison/waf/challenge"), state, NOW) is None
    for given, status in (
        (asked(b"/.garrison/waf/challenge"), 405),
        (asked(b"/.garrison/waf/nothing"), 404),
        (post("/.garrison/waf/captcha", b"x" * 5000), 413),
    ):
        response = answer(acl, given, state, NOW)
        assert response is not None
        assert response.status == status


def fields(page: bytes) -> tuple[str, str]:
    """(hidden puzzle, question) of a CAPTCHA page."""
    text = page.decode()
    hidden = re.search(r'name="puzzle" value="([^"]+)"', text)
    question = re.search(r'<label for="answer">(.*?)</label>', text)
    assert hidden is not None
    assert question is not None
    return hidden[1], html.unescape(question[1])


def test_the_right_answer_leads_back_with_a_token_good_for_both() -> None:
    acl, state = questioned(), State()
    found = acl.inspect(asked(), state, NOW)
    assert found.response is not None
    sealed, _ = fields(found.response.body)
    opened = state.tokens.open(b"puzzle", sealed.encode())
    assert opened is not None
    right = msgspec.msgpack.decode(opened, type=puzzle.Puzzle).answers[0].upper()
    response = answer(acl, post("/.garrison/waf/captcha", f"puzzle={sealed}&answer=+{right}.".encode()), state, NOW)
    assert response is not None
    assert (response.status, dict(response.headers)["Location"]) == (303, "/cart?x=1")
    cookie = cookie_of(response)
    assert acl.inspect(asked(cookie=cookie), state, NOW + 100).action == "ALLOW"
    assert acl.inspect(asked(cookie=cookie), state, NOW + 301).action == "CAPTCHA"
    assert challenged().inspect(asked(cookie=cookie), state, NOW + 100).action == "ALLOW"


def test_a_wrong_answer_gets_another_question_and_the_same_one_no_second_try() -> None:
    acl, state = questioned(), State()
    found = acl.inspect(asked(), state, NOW)
    assert found.response is not None
    sealed, _ = fields(found.response.body)
    for text in ("That was not the answer", "no longer open"):
        response = answer(acl, post("/.garrison/waf/captcha", f"puzzle={sealed}&answer=wrong".encode()), state, NOW)
        assert response is not None
        assert response.status == 405
        assert text.encode() in response.body
        assert b'role="alert"' in response.body
        assert "Set-Cookie" not in dict(response.headers)


def test_every_question_has_an_answer_in_its_own_words_or_in_numbers() -> None:
    for _ in range(300):
        question = puzzle.new_question()
        assert question.answers
        first = question.answers[0]
        assert first.isdigit() or first in question.text


def test_a_challenge_alone_does_not_answer_a_captcha() -> None:
    state = State()
    acl = questioned()
    token = mint(acl, asked(), state, NOW)
    found = acl.inspect(asked(cookie=f"aws-waf-token={token}"), state, NOW)
    assert (found.action, found.token) == ("CAPTCHA", "accepted")
    assert "awswaf:managed:captcha:rejected:not_solved" in found.labels


@pytest.mark.parametrize("target", [b"//evil.example/", b"/\\evil.example/", b"http://evil.example/x"])
def test_a_captcha_never_leads_to_another_host(target: bytes) -> None:
    acl, state = questioned(), State()
    found = acl.inspect(asked(target), state, NOW)
    assert found.response is not None
    opened = state.tokens.open(b"puzzle", fields(found.response.body)[0].encode())
    assert opened is not None
    back = msgspec.msgpack.decode(opened, type=puzzle.Puzzle).back
    assert back[0] == "/"
    assert back[1:2] not in ("/", "\\")


def test_immunity_times_of_a_rule_come_before_those_of_the_web_acl() -> None:
    def config(seconds: int) -> dict[str, Any]:
        return {"ImmunityTimeProperty": {"ImmunityTime": seconds}}

    state = State()
    acl = compiled(
        rule(byte(b"/long", "UriPath"), "Challenge", ChallengeConfig=config(3000)),
        rule(byte(b"/short", "UriPath"), "Challenge"),
        ChallengeConfig=config(600),
    )
    cookie = f"aws-waf-token={mint(acl, asked(), state, NOW)}"
    assert acl.inspect(asked(b"/short", cookie), state, NOW + 599).action == "ALLOW"
    assert acl.inspect(asked(b"/short", cookie), state, NOW + 601).action == "CHALLENGE"
    assert acl.inspect(asked(b"/long", cookie), state, NOW + 2999).action == "ALLOW"


def test_the_token_labels_the_request() -> None:
    state = State()
    acl = compiled(rule(EVERY, "Challenge"), rule(label("awswaf:managed:token:accepted"), name="known"))
    token = mint(acl, asked(), state, NOW)
    found = acl.inspect(asked(cookie=f"aws-waf-token={token}"), state, NOW)
    assert found.rule == "known"
    assert any(each.startswith("awswaf:managed:token:id:") for each in found.labels)
    assert "awswaf:managed:token:absent" in acl.inspect(asked(), state, NOW).labels


def test_a_group_that_counts_sends_nobody_away() -> None:
    from tests.waf.documents import ARN, rule_group

    arn = ARN.format("rulegroup", "mine")
    reference = rule({"RuleGroupReferenceStatement": {"ARN": arn}}, "Count")
    found = compiled(reference, references={arn: rule_group(rule(EVERY, "Captcha"))}).inspect(asked(), State(), NOW)
    assert (found.action, found.response) == ("ALLOW", None)
