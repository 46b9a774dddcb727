"""A role that trusts an issuer many share must say whom of them it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.iam.conftest import ACCOUNT, Iam

GITHUB = "token.actions.githubusercontent.com"


def trust(condition: dict[str, Any] | None, issuer: str = GITHUB, effect: str = "Allow") -> str:
    statement: dict[str, Any] = {
        "Effect": effect,
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    if condition is not None:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
        {"StringLike": {f"{GITHUB}:sub": "*"}},
        {"StringLike": {f"{GITHUB}:sub": ["repo:acme/*", "*?"]}},
        {"StringNotEquals": {f"{GITHUB}:sub": "repo:evil/x"}},
    ],
)
def test_trust_in_all_of_github_is_refused_on_saving(iam: Iam, condition: dict[str, Any] | None) -> None:
    code, message = iam.refused("CreateRole", RoleName="ci", AssumeRolePolicyDocument=trust(condition))
    assert code == "MalformedPolicyDocument"
    assert f"{GITHUB}:sub" in message


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {f"{GITHUB}:sub": "repo:acme/*"}},
        {"StringEquals": {f"{GITHUB}:job_workflow_ref": "acme/site/.github/workflows/ci.yml@refs/heads/main"}},
    ],
)
def test_trust_in_one_repository_is_saved(iam: Iam, condition: dict[str, Any]) -> None:
    iam.run("CreateRole", RoleName="ci", AssumeRolePolicyDocument=trust(condition))
    assert iam.refused("UpdateAssumeRolePolicy", RoleName="ci", PolicyDocument=trust(None))[0] == (
        "MalformedPolicyDocument"
    )


def test_issuers_of_ones_own_and_denials_need_no_condition(iam: Iam) -> None:
    iam.run("CreateRole", RoleName="own", AssumeRolePolicyDocument=trust(None, "id.example.com"))
    iam.run("CreateRole", RoleName="shut", AssumeRolePolicyDocument=trust(None, effect="Deny"))
