"""Custom detection rules: each expression means what the examples say, and reaches nothing but its events."""

from __future__ import annotations

import pytest

from garrison.detect.custom import BadExpression, Engine, rules
from garrison.detect.events import ApiCall
from tests.detect.making import api
from tests.detect.running import said
from tests.detect.test_cases import ALL

MISSED = frozenset({"AdminPolicyAttachedToUser", "SESFullAccessPolicyAttachedToUser"})
"""Of these the examples have inline policies alone, which no SQL can weigh."""


def test_expressions_mean_nothing_that_the_policy_engine_would_not() -> None:
    engine, known = Engine(), {rule.name: rule for rule in rules().values()}
    cases = [case for case in ALL if any(isinstance(one, ApiCall) for one in case.events)]
    engine.load(one for case in cases for one in case.events if isinstance(one, ApiCall))
    told = {(one.rule, one.occurrence) for some in said(cases).values() for one in some if one.rule}
    meant = {(name, event) for name, rule in known.items() for event in engine.matching(rule.expression)}
    assert meant - told == set()
    assert {name for name, _ in meant} == set(known) - MISSED
    engine.close()


def test_a_managed_policy_attached_to_a_user_is_meant() -> None:
    engine = Engine()
    for name, policy in (
        ("admin-policy-attached-to-user", "AdministratorAccess"),
        ("ses-full-access-policy-attached-to-user", "AmazonSESFullAccess"),
    ):
        call = api("iam", "AttachUserPolicy", {"userName": "u", "policyArn": f"arn:aws:iam::aws:policy/{policy}"})
        engine.load([call])
        assert engine.matching(rules()[name].expression) == [call.id]


@pytest.mark.parametrize(
    "expression",
    [
        "SELECT 1; SELECT 2",
        "DROP TABLE cloudtrail",
        "COPY cloudtrail TO '/tmp/stolen'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "SELECT content AS eventID FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM read_csv('http://127.0.0.1:1/x')",
        "SET memory_limit = '10GB'",
        "SELECT 1 AS one",
        "SELECT",
    ],
)
def test_an_expression_reaches_nothing_else(expression: str) -> None:
    engine = Engine()
    with pytest.raises(BadExpression):
        engine.matching(expression)


def test_an_expression_that_does_not_end_is_stopped() -> None:
    engine = Engine(seconds=0.2)
    with pytest.raises(BadExpression, match="seconds"):
        engine.matching("SELECT count(*) AS eventID FROM range(100000000000) AS a")
    assert engine.matching("SELECT eventID FROM cloudtrail") == []


def test_expressions_are_no_longer_than_guardduty_takes() -> None:
    assert max(len(rule.expression) for rule in rules().values()) <= 4096
    assert len(rules()) == 35
