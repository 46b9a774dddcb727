"""What a statement covers: actions, resources, and their negations."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.policy.request import Stack
from tests.policy.world import allowed, identity, statement


@pytest.mark.parametrize(
    ("patterns", "action", "covers"),
    [
        ("*", "s3:GetObject", True),
        ("*:*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:GETOBJECT", "s3:GetObject", True),
        ("s3:getobject", "S3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObjectAcl", False),
        ("s3:G?tObject", "s3:GetObject", True),
        ("s3:G?tObject", "s3:GtObject", False),
        ("s3:Get?", "s3:Get", False),
        ("s3:GetObject ", "s3:GetObject", False),
        (" s3:GetObject", "s3:GetObject", False),
        ("s3:GetObject", "s3:GetObjectAcl", False),
        ("iam:*", "s3:GetObject", False),
        (["iam:*", "s3:Get*"], "s3:GetObject", True),
        (["iam:*", "sts:*"], "s3:GetObject", False),
        ("s3:*t*j*t", "s3:GetObject", True),
        ("s3:*t*j*x*t", "s3:GetObject", False),
    ],
)
def test_actions(patterns: Any, action: str, covers: bool) -> None:
    everything = identity(statement())
    assert allowed(Stack(identity=[identity(statement(action=patterns))]), action=action) is covers
    negated = identity({"Effect": "Allow", "NotAction": patterns, "Resource": "*"})
    assert allowed(Stack(identity=[negated]), action=action) is not covers
    deny = identity(statement("Deny", action=patterns))
    assert allowed(Stack(identity=[everything, deny]), action=action) is not covers


RESOURCES: list[tuple[str, str, bool]] = [
    ("*", "arn:aws:s3:::box/key", True),
    ("**", "arn:aws:s3:::box/key", True),
    ("*", "*", True),
    ("arn:aws:s3:::box/key", "*", False),
    ("arn:aws:s3:::*", "*", False),
    ("arn:*", "*", False),
    ("arn:aws:s3:::box/key", "arn:aws:s3:::box/key", True),
    ("arn:aws:s3:::box/key", "arn:aws:s3:::box/Key", False),
    ("arn:aws:s3:::box/*", "arn:aws:s3:::box/a/b:c", True),
    ("arn:aws:s3:::box/*", "arn:aws:s3:::box", False),
    ("arn:aws:s3:::box*", "arn:aws:s3:::box", True),
    ("arn:aws:s3:::b?x", "arn:aws:s3:::box", True),
    ("arn:aws:s3:::b?x", "arn:aws:s3:::bx", False),
    ("arn:aws:s3:::*/key", "arn:aws:s3:::box/a/key", True),
    ("arn:aws:s3:::*/k*y", "arn:aws:s3:::box/key", True),
    ("arn:aws:s3:::*/k*y", "arn:aws:s3:::box/kez", False),
    ("arn:aws:*:::box", "arn:aws:s3:::box", True),
    ("arn:aws:s*:::box", "arn:aws:s3:::box", True),
    ("arn:aws:s*:box", "arn:aws:s3:::box", False),
    ("arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:1:q", True),
    ("arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:1:r", False),
    ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:1:q", False),
    ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:1:q", True),
    ("arn:aws:sqs:eu*", "arn:aws:sqs:eu-west-1:1:q", True),
    ("arn:aws:sqs:us*", "arn:aws:sqs:eu-west-1:1:q", False),
    ("arn:*", "arn:aws:sqs:eu-west-1:1:q", True),
    ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:1:q", False),
    ("arn:aws:iam:::user/a", "arn:aws:iam::1:user/a", False),
    ("arn:aws:iam::*:user/a", "arn:aws:iam::1:user/a", True),
    ("arn:aws:iam::?:user/a", "arn:aws:iam::12:user/a", False),
    ("arn:aws:iam::*", "arn:aws:iam::1:user/a", True),
    ("arn:aws:logs:*:*:log-group:a:*", "arn:aws:logs:r:1:log-group:a:log-stream:b", True),
    ("arn:aws:logs:*:*:log-group:a", "arn:aws:logs:r:1:log-group:a:b", False),
    ("box", "box", False),
    ("", "", False),
    ("arn:aws:s3:::", "arn:aws:s3:::", True),
    ("arn:aws:s3:::", "arn:aws:s3:::x", False),
]


@pytest.mark.parametrize(("pattern", "resource", "covers"), RESOURCES)
def test_resources_are_compared_segment_by_segment(pattern: str, resource: str, covers: bool) -> None:
    for patterns in (pattern, [pattern], ["arn:aws:none:::none", pattern]):
        assert allowed(Stack(identity=[identity(statement(resource=patterns))]), resource=resource) is covers
        negated = identity({"Effect": "Allow", "Action": "*", "NotResource": patterns})
        assert allowed(Stack(identity=[negated]), resource=resource) is not covers


BY_NAME = "arn:aws:s3:::box/${aws:username}/*"


@pytest.mark.parametrize(
    ("pattern", "context", "resource", "covers"),
    [
        (BY_NAME, {"aws:username": "ana"}, "arn:aws:s3:::box/ana/x", True),
        (BY_NAME, {"aws:username": "ana"}, "arn:aws:s3:::box/bo/x", False),
        (BY_NAME, {"aws:username": "*"}, "arn:aws:s3:::box/bo/x", False),
        (BY_NAME, {"aws:username": "*"}, "arn:aws:s3:::box/*/x", True),
        (BY_NAME, {}, "arn:aws:s3:::box/bo/x", False),
        (BY_NAME, {"aws:username": ("ana",)}, "arn:aws:s3:::box/ana/x", False),
        ("arn:aws:s3:::box/${aws:username, 'all'}", {}, "arn:aws:s3:::box/all", True),
        ("arn:aws:s3:::box/${aws:username}", {"aws:username": "ana"}, "arn:aws:s3:::box/ana", True),
        ("arn:aws:s3:::box/${aws:username}", {"aws:username": "ana"}, "arn:aws:s3:::box/anab", False),
        ("arn:aws:s3:::*/${aws:username}", {"aws:username": "ana"}, "arn:aws:s3:::x/y/ana", True),
        ("arn:aws:s3:::${a:b}/${a:c}", {"a:b": "box", "a:c": "key"}, "arn:aws:s3:::box/key", True),
        ("arn:aws:s3:::${a:b}/${a:c}", {"a:b": "box"}, "arn:aws:s3:::box/key", False),
        ("arn:aws:s3:*:*:${a:b}-${a:c}*", {"a:b": "x", "a:c": "y"}, "arn:aws:s3:r:1:x-y-z", True),
        ("arn:aws:s3:*:*:${a:b}-${a:c}*", {"a:b": "x"}, "arn:aws:s3:r:1:x-y-z", False),
        ("arn:aws:s3:::box/${*}", {}, "arn:aws:s3:::box/*", True),
        ("arn:aws:s3:::box/${*}", {}, "arn:aws:s3:::box/key", False),
        ("arn:aws:${a:b}:::box", {"a:b": "s3"}, "arn:aws:s3:::box", False),
    ],
)
def test_variables_in_the_last_segment(pattern: str, context: dict[str, Any], resource: str, covers: bool) -> None:
    assert (
        allowed(Stack(identity=[identity(statement(resource=pattern))]), resource=resource, context=context) is covers
    )
    negated = identity({"Effect": "Allow", "Action": "*", "NotResource": pattern})
    # An unresolvable variable matches no resource, so NotResource holds.
    assert allowed(Stack(identity=[negated]), resource=resource, context=context) is not covers


def test_documents_of_the_old_version_take_variables_literally() -> None:
    stack = Stack(identity=[identity(statement(resource="arn:aws:s3:::${aws:username}"), version=None)])
    assert not allowed(stack, resource="arn:aws:s3:::ana", context={"aws:username": "ana"})
    assert allowed(stack, resource="arn:aws:s3:::${aws:username}", context={"aws:username": "ana"})


def test_a_statement_applies_only_if_all_its_parts_do() -> None:
    only = identity(
        statement(
            action="s3:GetObject", resource="arn:aws:s3:::box/*", Condition={"StringEquals": {"aws:username": "ana"}}
        )
    )
    stack = Stack(identity=[only])
    assert allowed(stack, context={"aws:username": "ana"})
    assert not allowed(stack, context={"aws:username": "bo"})
    assert not allowed(stack, context={"aws:username": "ana"}, action="s3:PutObject")
    assert not allowed(stack, context={"aws:username": "ana"}, resource="arn:aws:s3:::bag/key")


def test_an_explicit_deny_wins_over_any_allow_in_any_order() -> None:
    allow, deny = statement(), statement("Deny", action="s3:Get*")
    for order in ([allow, deny], [deny, allow]):
        assert not allowed(Stack(identity=[identity(*order)]))
        assert not allowed(Stack(identity=[identity(one) for one in order]))
        assert allowed(Stack(identity=[identity(*order)]), action="s3:PutObject")
