"""Stories are told against a real Garrison: what was open is shut, evidence says so, and nothing is left behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.assess.signers import LocalSigner
from garrison.checks.api import Refused
from garrison.stories import STORIES, Stage, Story, stories
from garrison.stories.html import html
from tests.clients.server import Server

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("stories")]

QUICK = ("open-key", "data-gap", "leaked-key")


def stage(server: Server) -> Stage:
    def ask(method: str, path: str, body: Any) -> Any:
        status, answer = server.admin(method, path, body)
        if status >= 400:
            raise Refused(str(answer.get("code", status)), str(answer.get("message", "")))
        return answer

    return Stage(server.data, ask, server.url, "us-east-1", lambda: LocalSigner(server.data), patience=1)


def left(server: Server) -> list[Any]:
    accounts = server.admin("GET", "/_garrison/accounts")[1]["accounts"]
    return [one for one in accounts if one["name"].startswith("story ") and one["status"] == "ACTIVE"]


def held(told: dict[str, Any]) -> None:
    assert told["held"], told["problem"]
    assert {one["outcome"] for one in told["before"]["tries"]} != {one["outcome"] for one in told["after"]["tries"]}
    assert told["steps"]
    if told["story"] == "public-bucket":  # no check looks at buckets
        return
    for side, status in (("before", "FAIL"), ("after", "PASS")):
        assert status in {check["status"] for check in told[side]["checks"]}
        assert all(len(check["evidence"]) == 12 for check in told[side]["checks"])
    assert {one["change"] for one in told["changes"]} == {"fixed"}


def test_what_was_open_is_shut_and_the_evidence_says_so(server: Server) -> None:
    done = server.command("story", "run", *QUICK, "-o", "json")
    told = json.loads(done.stdout)["stories"]
    assert [one["story"] for one in told] == list(QUICK)
    for one in told:
        held(one)
    tries = {one["what"]: (one["outcome"], one["answer"]) for one in told[0]["before"]["tries"]}
    assert tries["A stranger decrypts a card number"] == ("allowed", "4000 0012 3456 7899")
    tries = {one["what"]: (one["outcome"], one["answer"]) for one in told[0]["after"]["tries"]}
    assert tries["A stranger decrypts a card number"][0] == "denied"
    assert (
        "<stranger>:user/thief is not authorized to perform: kms:Decrypt"
        in (tries["A stranger decrypts a card number"][1])
    )
    assert not left(server)
    verified = server.command("evidence", "verify", "--evidence", str(server.data / "stories" / "evidence"))
    assert verified.stdout.endswith("intact\n")


def test_a_story_that_does_not_hold_says_what_does_not(server: Server) -> None:
    real = stories()["open-key"]
    nothing = Story(
        "nothing-done", "t", who="w", challenge="<c>", lesson="l", checks=("kms.rotation",)
    )  # fmt: skip
    try:
        nothing.before(real.set_up)
        nothing.attempts(real.tries)
        nothing.fix(lambda scene: None)
        told = stage(server).tell(nothing)
        nothing.attempts(lambda scene: ())
        unfixed = stage(server).tell(nothing)
    finally:
        STORIES.pop("nothing-done")
    assert not told.held
    assert "after: A stranger decrypts a card number: allowed rather than denied" in told.problem
    assert unfixed.problem == "after: kms.rotation does not pass: FAIL"
    page = html([told, unfixed])
    assert "It does not hold." in page
    assert "&lt;c&gt;" in page
    assert not left(server)
    assert server.command("story", "run", "moon", check=False).returncode == 2


@pytest.mark.soak
def test_every_story_holds_and_is_told_alike_twice(server: Server) -> None:
    first = json.loads(server.command("story", "run", "--all", "-o", "json").stdout)["stories"]
    assert len(first) >= 9
    for one in first:
        held(one)
    second = json.loads(server.command("story", "run", "--all", "-o", "json").stdout)["stories"]

    def narrative(told: dict[str, Any]) -> Any:
        sides = [
            [told[side]["tries"], [{**c, "evidence": ""} for c in told[side]["checks"]]] for side in ("before", "after")
        ]
        return [told["story"], sides, told["steps"], told["changes"]]

    for one, other in zip(first, second, strict=True):
        assert narrative(one) == narrative(other)
    assert not left(server)
