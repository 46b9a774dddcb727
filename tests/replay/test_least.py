"""The least policy that covers what was done."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from garrison.policy.principal import User
from garrison.replay.events import decode_events
from garrison.replay.least import LIMITS, Used, generate
from garrison.replay.usage import Usage
from tests.replay.accounts import ANA, PROD, ROLE, record, session, user, world

WHO = User(PROD, ANA, "AIDAANA")


def seen(arn: str, *records: dict[str, Any]) -> Usage:
    usage = Usage(arn, world())
    usage.events(decode_events(json.dumps({"Records": records}).encode(), "test"))
    return usage


def test_actions_on_the_same_resource_share_a_statement_and_none_gets_a_wildcard() -> None:
    made = generate([Used("s3:GetObject", "arn:aws:s3:::a/k"), Used("s3:PutObject", "arn:aws:s3:::a/k")], WHO)
    assert made.document["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::a/k"}
    ]


def test_only_calls_of_the_principal_that_were_allowed_count() -> None:
    usage = seen(
        ANA,
        record("s3:ListBuckets"),
        record("s3:GetObject", {"bucketName": "b", "key": "k"}, error="AccessDenied"),
        record("sqs:ListQueues", identity=session()),
        record("iam:GetUser", {"userName": "nobody"}, error="NoSuchEntityException"),
    )
    assert {u.action for u in usage.used} == {"s3:ListAllMyBuckets", "iam:GetUser"}
    assert (usage.calls, usage.denied) == (2, 1)


def test_sessions_of_a_role_are_the_roles() -> None:
    assert {u.action for u in seen(ROLE, record("sqs:ListQueues", identity=session())).used} == {"sqs:ListQueues"}


def test_many_names_become_their_common_prefix_up_to_a_separator() -> None:
    used = [Used("s3:GetObject", f"arn:aws:s3:::logs/2026/11/{n}.json") for n in range(20)]
    made = generate(used, WHO)
    assert made.document["Statement"][0]["Resource"] == "arn:aws:s3:::logs/2026/11/*"
    assert made.generalized == ("arn:aws:s3:::logs/2026/11/*",)
    assert len(generate(used, WHO, exact=True).document["Statement"][0]["Resource"]) == 20


def test_buckets_are_never_drawn_together() -> None:
    made = generate([Used("s3:GetObject", f"arn:aws:s3:::bucket-{n}/k") for n in range(40)], WHO)
    assert not made.generalized
    assert "arn:aws:s3:::*" not in made.text


def test_wildcards_in_names_are_literal() -> None:
    made = generate([Used("s3:GetObject", "arn:aws:s3:::b/what*is?this${x}")], WHO)
    assert not made.uncovered
    from garrison.policy.document import Document
    from garrison.policy.evaluate import evaluate
    from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack

    policy = AttachedPolicy(Document.parse(made.text, PolicyType.IDENTITY), PolicyType.IDENTITY, "made")
    other = Request(WHO, "s3:GetObject", "arn:aws:s3:::b/whatXisYthis${x}", PROD, {})
    assert not evaluate(other, Stack(identity=(policy,))).allowed


def test_a_passed_role_is_passed_to_that_service_only() -> None:
    usage = seen(
        ANA, record("lambda:CreateFunction20150331", {"functionName": "f", "role": ROLE, "code": {}, "runtime": "x"})
    )
    made = generate(usage.used, WHO)
    (passing,) = [s for s in made.document["Statement"] if s["Action"] == "iam:PassRole"]
    assert passing["Resource"] == ROLE
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_the_policy_is_drawn_together_as_far_as_its_size_asks_for() -> None:
    used = [
        Used("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{PROD}:{team}-{n:030d}") for team in "abc" for n in range(7)
    ]
    small = generate(used, WHO, limit=LIMITS["user"] // 4)
    assert small.size <= LIMITS["user"] // 4
    assert not small.uncovered


_names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["s3:GetObject", "s3:PutObject"]), _names, _names), min_size=1, max_size=30))
def test_whatever_was_done_is_covered(done: list[tuple[str, str, str]]) -> None:
    used = [Used(action, f"arn:aws:s3:::bucket-{len(bucket)}/{bucket}/{key}") for action, bucket, key in done]
    assert not generate(used, WHO, limit=400).uncovered


def test_calls_of_other_people_give_nothing() -> None:
    assert not seen(ANA, record("s3:ListBuckets", identity=user(name="ben"))).used
