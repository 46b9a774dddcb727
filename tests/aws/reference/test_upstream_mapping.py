"""What each operation of seven services asks for, written down by hand beside this file, and decided by the engine.

Every row of `upstream/*.yaml` is one call and all it must be allowed: actions, resources and condition keys as the
service authorization reference and the services' guides give them. A policy that allows just that lets the call
through; taking away any one thing of it (another resource, another value of a condition, the action itself) does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from garrison.aws import models
from garrison.aws.reference import MARKER, Check, resolve
from garrison.aws.reference.rules import rules
from garrison.aws.reference.standing import Standing, standing
from garrison.policy.document import Document
from garrison.policy.evaluate import evaluate
from garrison.policy.principal import User
from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack

ACCOUNT, REGION = "123456789012", "eu-west-1"
ANA = User(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ana", "AIDAAAAAAAAAAAAAAAANA")
SERVICES = ("s3", "dynamodb", "sqs", "sns", "lambda", "ec2", "secretsmanager")
FOUND = "found-by-state"
"""What stands for a marker once whoever knows the state has replaced it."""


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """One file."""

    prefix: str
    """Before a resource that is no whole ARN."""
    calls: dict[str, list[dict[str, Any]]]
    """Operation -> calls: the one key is what is asked (lines), `with` are the parameters."""
    everywhere: str = ""
    """Operations asked for by their own action on `*`, whatever their parameters."""


class Asked(msgspec.Struct, frozen=True):
    """One line: `sns:Subscribe arn:... | sns:protocol=sqs`. Several values of a key stand between commas."""

    action: str
    resource: str
    context: dict[str, str | tuple[str, ...]]


def _asked(line: str, service: str, prefix: str) -> Asked:
    head, *pairs = line.split(" | ")
    action, _, resource = head.partition(" ")
    whole = resource == "*" or resource.startswith("arn:")
    context: dict[str, str | tuple[str, ...]] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        context[key] = tuple(value[1:-1].split(",")) if value.startswith("[") else value
    return Asked(action if ":" in action else f"{service}:{action}", resource if whole else prefix + resource, context)


@cache
def table(service: str) -> Table:
    """One service's file."""
    return msgspec.yaml.decode((Path(__file__).parent / "upstream" / f"{service}.yaml").read_bytes(), type=Table)


def _rows(service: str) -> Iterator[tuple[str, dict[str, Any], list[Asked]]]:
    read = table(service)
    for operation, calls in read.calls.items():
        for call in calls:
            yield operation, call.get("with", {}), [_asked(line, service, read.prefix) for line in call["asks"]]
    for operation in read.everywhere.split():
        yield operation, {}, [Asked(f"{service}:{operation}", "*", {})]


ROWS = [(service, *row) for service in SERVICES for row in _rows(service)]


def _resolved(service: str, operation: str, params: dict[str, Any]) -> list[Check]:
    return resolve(service, operation, params, account=ACCOUNT, region=REGION, partition="aws")


def _known(resource: str) -> str:
    """A resource whose marker has been replaced."""
    head, marker, tail = resource.partition(MARKER)
    return head + FOUND + tail.partition("}")[2] if marker else resource


def _itself(resource: str) -> str:
    """A resource as a policy names it and no other: the wildcards in what is yet to be made are text."""
    return "*" if resource == "*" else re.sub(r"[*?$]", r"${\g<0>}", _known(resource))


def _literal(value: str | tuple[str, ...]) -> Any:
    """A value as a policy spells it: what looks like a variable is text."""
    return value.replace("${", "${$}{") if isinstance(value, str) else [_literal(one) for one in value]


def _statement(asked: Asked, **changed: Any) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for key, value in asked.context.items():
        operator = "ForAllValues:StringEquals" if isinstance(value, tuple) else "StringEquals"
        conditions.setdefault(operator, {})[key] = _literal(value)
    said: dict[str, Any] = {"Effect": "Allow", "Action": asked.action, "Resource": _itself(asked.resource)}
    if conditions:
        said["Condition"] = conditions
    said |= changed
    return {key: value for key, value in said.items() if value is not None}


def _allowed(statements: list[dict[str, Any]], checks: list[Check]) -> bool:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    policy = AttachedPolicy(Document.parse(text, PolicyType.IDENTITY), PolicyType.IDENTITY, "just enough")
    stack = Stack(identity=(policy,))
    return all(
        evaluate(Request(ANA, check.action, _known(check.resource), None, check.context), stack).allowed
        for check in checks
    )


def _insufficient(asked: Asked) -> Iterator[dict[str, Any]]:
    """Everything but one thing the call needs: each statement is as wide as it can be without it."""
    yield _statement(asked, Action=None, NotAction=asked.action, Resource="*", Condition=None)
    if asked.resource != "*":
        yield _statement(asked, Resource=None, NotResource=_itself(asked.resource), Condition=None)
    for key, value in asked.context.items():
        operator = "ForAnyValue:StringNotEquals" if isinstance(value, tuple) else "StringNotEquals"
        yield _statement(asked, Condition={operator: {key: _literal(value)}})


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"), ROWS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_call_asks_for_what_the_table_says_and_no_less_will_do(
    service: str, operation: str, params: dict[str, Any], expected: list[Asked]
) -> None:
    checks = _resolved(service, operation, params)
    assert sorted((c.action, c.resource) for c in checks) == sorted((a.action, a.resource) for a in expected)
    for asked in expected:
        assert any(
            (c.action, c.resource) == (asked.action, asked.resource) and asked.context.items() <= c.context.items()
            for c in checks
        ), f"{asked} among {checks}"
    enough = [_statement(asked) for asked in expected]
    assert _allowed(enough, checks), "the table allows less than the call asks for"
    for i, asked in enumerate(expected):
        others = [
            statement
            for one, statement in zip(expected, enough, strict=True)
            if (one.action, one.resource) != (asked.action, asked.resource)
        ]
        for short in _insufficient(asked):
            assert not _allowed([*others, short], checks), f"line {i + 1} of {operation} is not needed: {short}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_rule_of_an_operation_is_in_the_table(service: str) -> None:
    read = table(service)
    assert set(rules(service).operations) == set(read.calls) | set(read.everywhere.split())


def test_at_least_four_hundred_operations_have_a_rule_of_their_own() -> None:
    explicit = [
        (service, operation)
        for service in SERVICES
        for operation in models.service(service).operation_names
        if standing(service, operation)[0] is Standing.EXPLICIT
    ]
    assert len(explicit) >= 400
    assert len([1 for service, _ in explicit if service == "ec2"]) >= 200
    assert {row[:2] for row in ROWS} == set(explicit)
