"""Whom a policy lets in, as the policy engine says it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from garrison.detect.exposure import NOBODY, Exposure, exposure
from tests.detect.making import ACCOUNT, OTHER

BUCKET = "arn:aws:s3:::invoices"


def _allow(principal: Any, action: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": f"{BUCKET}/*", **more}


def _asked(*statements: dict[str, Any], service: str = "s3", own: frozenset[str] = frozenset({ACCOUNT})) -> Exposure:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return exposure(policy, service, BUCKET, ACCOUNT, own.__contains__)


def _trusted(principal: Any, **more: Any) -> Exposure:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return _asked(statement, service="sts")


def test_everybody() -> None:
    assert _asked(_allow("*")) == Exposure(True, True, {})


@pytest.mark.parametrize("action", ["s3:*", "*", ["s3:List*", "s3:Get*"]])
def test_wildcards_let_in_for_what_they_cover(action: Any) -> None:
    assert _asked(_allow("*", action)).anonymous


def test_all_but_some_actions_are_many() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "NotAction": "s3:DeleteBucket", "Resource": f"{BUCKET}/*"}
    assert _asked(statement).anonymous


def test_a_denial_takes_back_what_is_allowed() -> None:
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    assert _asked(_allow("*"), denial) == NOBODY


def test_a_denial_for_others_takes_nothing_back() -> None:
    denial = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    assert _asked(_allow("*"), denial).anonymous


def test_a_network_that_is_the_whole_internet_is_no_condition() -> None:
    assert _asked(_allow("*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})).anonymous
    assert not _asked(_allow("*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})).outside


def test_named_accounts_are_told_with_what_they_may() -> None:
    found = _asked(_allow({"AWS": [f"arn:aws:iam::{OTHER}:root", ACCOUNT]}))
    assert found == Exposure(False, False, {OTHER: frozenset({"s3:GetObject"})})
    assert not _asked(_allow({"AWS": OTHER}), own=frozenset({ACCOUNT, OTHER})).outside


def test_roles_trust_accounts_services_and_partners() -> None:
    secret = {"StringEquals": {"sts:ExternalId": "9f3a"}}
    assert _trusted({"AWS": OTHER}).accounts == {OTHER: frozenset({"sts:AssumeRole"})}
    assert not _trusted({"AWS": OTHER}, Condition=secret).outside
    assert not _trusted({"Service": "ec2.amazonaws.com"}).outside
    assert _trusted({"AWS": "*"}).everyone
    assert _trusted("*", Condition=secret).everyone


@pytest.mark.parametrize("policy", ["", "{", "[]", 7, None, {}, {"Statement": []}, {"Statement": {"Effect": "Maybe"}}])
def test_what_is_no_policy_lets_nobody_in(policy: Any) -> None:
    assert exposure(policy, "s3", BUCKET, ACCOUNT, lambda account: False) == NOBODY


def test_a_policy_may_be_text_and_percent_encoded() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [_allow("*")]})
    for policy in (text, quote(text)):
        assert exposure(policy, "s3", BUCKET, ACCOUNT, lambda account: False).anonymous
