"""What the linter notices, with the line it points at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.aws.reference import actions as reference
from garrison.policy.lint import LintFinding, lint
from garrison.policy.lint.overlap import could_fit
from garrison.policy.request import PolicyType

FOUNDING = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:ListObject"
      ],
      "Resource": ["arn:aws:s3:::box", "arn:aws:s3:::box/*"]
    }
  ]
}"""


def remarks(
    statement: dict[str, Any], kind: PolicyType = PolicyType.IDENTITY, version: str | None = "2012-10-17"
) -> list[LintFinding]:
    top = {} if version is None else {"Version": version}
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::box/*"} | statement
    if kind is PolicyType.TRUST:
        del statement["Resource"]
    return lint(json.dumps(top | {"Statement": statement}), kind, reference=reference)


def codes(
    statement: dict[str, Any], kind: PolicyType = PolicyType.IDENTITY, version: str | None = "2012-10-17"
) -> set[str]:
    return {found.code for found in remarks(statement, kind, version)}


def test_an_action_that_does_not_exist_is_found_on_its_line_with_what_was_meant() -> None:
    found = lint(FOUNDING, reference=reference)
    assert [(f.line, f.column, f.code, f.severity) for f in found] == [(8, 9, "unknown-action", "error")]
    assert "did you mean s3:ListBucket?" in found[0].message
    assert lint(FOUNDING.replace("s3:ListObject", "s3:ListBucket"), reference=reference) == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ({"Action": "s3:GetObjct"}, "unknown-action"),
        ({"Action": "s33:GetObject"}, "unknown-service"),
        ({"Action": "GetObject"}, "action-without-service"),
        ({"Action": "s3:GetObject "}, "blank-in-action"),
        ({"Action": "s?:GetObject"}, "wildcard-in-service"),
        ({"Action": "s3:Gte*"}, "action-matches-nothing"),
        ({"Action": "s3:ListBucket"}, "resource-never-matches"),
        ({"Action": "s3:ListAllMyBuckets"}, "resource-never-matches"),
        ({"Action": ["s3:GetObject", "s3:ListAllMyBuckets"]}, "resource-never-matches"),
        ({"Resource": ["arn:aws:s3:::box/*", "arn:aws:sqs:*:*:q"]}, "resource-unused"),
        ({"Action": "*", "Resource": "*"}, "full-access"),
        ({"Action": "iam:PassRole", "Resource": "*"}, "pass-role-everywhere"),
        ({"Action": "iam:*", "Resource": "*"}, "pass-role-everywhere"),
        ({"Condition": {"StringEquals": {"aws:nope": "x"}}}, "unknown-condition-key"),
        ({"Condition": {"StringEquals": {"s3:nope": "x"}}}, "unknown-condition-key"),
        ({"Condition": {"StringEquals": {"nope": "x"}}}, "unknown-condition-key"),
        ({"Condition": {"StringEqual": {"aws:username": "x"}}}, "unknown-operator"),
        ({"Condition": {"StringEquals": {"aws:SourceIp": "10.0.0.0/8"}}}, "operator-type-mismatch"),
        ({"Condition": {"NumericEquals": {"aws:username": "1"}}}, "operator-type-mismatch"),
        ({"Condition": {"StringEquals": {"aws:TagKeys": "x"}}}, "set-operator-missing"),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}}, "for-all-values-allows-absence"),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/64"}}}, "value-never-fits"),
        ({"Condition": {"DateLessThan": {"aws:CurrentTime": ["2024", "soon"]}}}, "value-never-fits"),
        ({"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "1h"}}}, "value-never-fits"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "yes"}}}, "value-never-fits"),
        ({"Condition": {"Null": {"aws:SourceIp": "yes"}}}, "value-never-fits"),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": "role/*"}}}, "value-never-fits"),
        ({"Condition": {"BinaryEquals": {"s3:x-amz-content-sha256": "!"}}}, "value-never-fits"),
    ],
)
def test_each_remark(statement: dict[str, Any], code: str) -> None:
    assert code in codes(statement)


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Action": "S3:getobject"},
        {"Action": "s3:*", "Resource": ["arn:aws:s3:::box", "arn:aws:s3:::box/*"]},
        {"Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "arn:aws:s3:::*"},
        {"Action": "s3:ListAllMyBuckets", "Resource": "*"},
        {"Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*"},
        {"Action": "iam:CreateUser", "Resource": "arn:aws:iam::*:user/team/*"},
        {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "x", "aws:RequestTag/x": "y"}}},
        {"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "x"}, "StringLike": {"aws:userid": "x*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::1"]}, "Null": {"aws:SourceVpc": True}}},
        {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}, "StringLike": {"aws:SourceArn": "x"}}},
        {"Condition": {"DateLessThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}}},
        {"Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "x"}}},
        {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}},
    ],
)
def test_sound_statements_give_no_remarks(statement: dict[str, Any]) -> None:
    assert remarks(statement) == []


def test_versions_and_variables() -> None:
    assert codes({}, version=None) == {"missing-version"}
    assert codes({}, version="2008-10-17") == {"old-version"}
    variable = {"Resource": "arn:aws:s3:::box/${aws:username}/*"}
    assert codes(variable, version=None) == {"missing-version", "variable-needs-version"}
    assert codes(variable) == set()


def test_negations_in_allow_statements_are_advised_against() -> None:
    text = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "s3:*", "NotResource": "*"}}
    found = {f.code for f in lint(json.dumps(text), reference=reference)}
    assert found == {"allow-notaction", "allow-notresource"}
    text["Statement"]["Effect"] = "Deny"  # type: ignore[index]
    assert lint(json.dumps(text), reference=reference) == []


def test_duplicate_sids() -> None:
    one = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [one, one, one | {"Sid": "B"}]}, indent=1)
    assert [(f.line, f.code) for f in lint(text)] == [(11, "duplicate-sid")]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Principal": "*"}, {"open-to-everyone"}),
        ({"Principal": {"AWS": "*"}}, {"open-to-everyone"}),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, set()),
        ({"Principal": "*", "Effect": "Deny"}, set()),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:role/*"}}, {"wildcard-in-principal"}),
        ({"Principal": {"AWS": "111111111111"}}, set()),
        ({"NotPrincipal": {"AWS": "111111111111"}}, {"allow-not-principal"}),
        ({"NotPrincipal": {"AWS": "111111111111"}, "Effect": "Deny"}, {"not-principal"}),
        (
            {"NotPrincipal": {"AWS": "arn:aws:sts::111111111111:assumed-role/R/s"}, "Effect": "Deny"},
            {"not-principal", "not-principal-without-account", "not-principal-without-role"},
        ),
        (
            {
                "NotPrincipal": {
                    "AWS": [
                        "arn:aws:sts::111111111111:assumed-role/R/s",
                        "arn:aws:iam::111111111111:role/p/R",
                        "111111111111",
                    ]
                },
                "Effect": "Deny",
            },
            {"not-principal"},
        ),
    ],
)
def test_principals(statement: dict[str, Any], found: set[str]) -> None:
    assert codes({"Action": "sts:AssumeRole"} | statement, PolicyType.TRUST) == found


def test_a_text_that_is_no_policy_gives_one_error_with_its_place() -> None:
    (only,) = lint('{"Statement": [\n {"Effect": "Allow",}]}')
    assert (only.line, only.code, only.severity) == (2, "syntax", "error")
    (only,) = lint('{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Action": "*"}}')
    assert (only.line, only.code) == (2, "syntax")
    assert lint("[]")[0].code == "syntax"


def test_without_a_reference_only_the_language_is_judged() -> None:
    assert lint(FOUNDING) == []


@pytest.mark.parametrize(
    ("pattern", "template", "fits"),
    [
        ("*", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:s3:::box", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:s3:::box/*", "arn:${Partition}:s3:::${BucketName}", False),
        ("arn:aws:s3:::box*", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:s3:::box", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", False),
        ("arn:aws:s3:::box/a/b", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:s3:::b?x/*", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:s3:*", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:sqs:*", "arn:${Partition}:s3:::${BucketName}", False),
        ("arn:aws:iam::*:role/*", "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}", False),
        ("arn:aws:iam::*:*", "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}", True),
        ("arn:aws:iam::*:us*r/a?c", "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}", True),
        ("arn:aws:s3:::${aws:username}/*", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:s3", "arn:${Partition}:s3:::${BucketName}", False),
    ],
)
def test_whether_a_pattern_and_a_template_have_anything_in_common(pattern: str, template: str, fits: bool) -> None:
    assert could_fit(pattern, template) is fits
