"""The policy simulator: the engine of enforcement, told as AWS tells it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.access.organization import Membership, provide_organization
from garrison.policy.document import Document
from garrison.policy.request import AttachedPolicy, PolicyType
from tests.services.iam.conftest import ACCOUNT, OTHER_ACCOUNT, Iam
from tests.services.iam.documents import ALLOW_ALL, allow, trust

BUCKET = "arn:aws:s3:::reports/*"
ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"


def deny(*actions: str, resource: str = "*") -> str:
    return allow(*actions, resource=resource).replace("Allow", "Deny")


def one(iam: Iam, operation: str = "SimulateCustomPolicy", **params: Any) -> dict[str, Any]:
    (result,) = iam.run(operation, **{"ActionNames": ["s3:GetObject"], **params})["EvaluationResults"]
    return dict(result)


def bucket_policy(principal: Any, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": BUCKET}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_an_answer_names_the_statement_and_where_it_stands(iam: Iam) -> None:
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    assert one(iam, PolicyInputList=[text]) == {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "PolicyInputList.1",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 38},
                "EndPosition": {"Line": 1, "Column": 84},
            }
        ],
        "MissingContextValues": [],
    }


def test_positions_begin_behind_the_bracket_of_the_line_before(iam: Iam) -> None:
    iam.user("ana")
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    (statement,) = one(iam, "SimulatePrincipalPolicy", PolicySourceArn=ANA)["MatchedStatements"]
    assert statement == {
        "SourcePolicyId": "AdministratorAccess",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 3, "Column": 19},
        "EndPosition": {"Line": 8, "Column": 10},
    }


def test_a_deny_is_the_only_statement_shown(iam: Iam) -> None:
    result = one(iam, PolicyInputList=[ALLOW_ALL, deny("s3:Get*")])
    assert result["EvalDecision"] == "explicitDeny"
    assert [s["SourcePolicyId"] for s in result["MatchedStatements"]] == ["PolicyInputList.2"]


def test_silence_is_an_implicit_deny_without_statements(iam: Iam) -> None:
    result = one(iam, PolicyInputList=[allow("s3:PutObject")])
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])


def test_one_result_per_action_carries_the_most_restrictive_decision_and_each_resource(iam: Iam) -> None:
    good, bad = "arn:aws:s3:::reports/a", "arn:aws:s3:::secrets/b"
    result = one(
        iam, PolicyInputList=[allow("s3:*"), deny("s3:*", resource="arn:aws:s3:::secrets/*")], ResourceArns=[good, bad]
    )
    assert result["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert result["EvalDecision"] == "explicitDeny"
    assert result["EvalDecisionDetails"] == {}
    each = {r["EvalResourceName"]: r["EvalResourceDecision"] for r in result["ResourceSpecificResults"]}
    assert each == {good: "allowed", bad: "explicitDeny"}
    assert [s["SourcePolicyId"] for s in result["MatchedStatements"]] == ["PolicyInputList.2"]


def test_a_boundary_has_its_say_in_its_own_member(iam: Iam) -> None:
    result = one(iam, PolicyInputList=[ALLOW_ALL], PermissionsBoundaryPolicyInputList=[allow("ec2:*")])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    code, _ = iam.refused(
        "SimulateCustomPolicy",
        PolicyInputList=[ALLOW_ALL],
        ActionNames=["s3:GetObject"],
        PermissionsBoundaryPolicyInputList=[ALLOW_ALL, ALLOW_ALL],
    )
    assert code == "InvalidInput"


def test_levels_of_service_control_policies_are_told_apart_from_the_account(iam: Iam) -> None:
    levels = [{"ServiceControlPolicyInputList": [ALLOW_ALL]}, {"ServiceControlPolicyInputList": [allow("ec2:*")]}]
    result = one(iam, PolicyInputList=[ALLOW_ALL], OrderedOrganizationPolicyInputList=levels, ResourceArns=[BUCKET])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert result["MatchedStatements"] == []
    assert "EvalDecisionDetails" not in result


def test_missing_keys_are_those_of_statements_about_the_action(iam: Iam) -> None:
    asks = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:*",
                    "Resource": "arn:aws:s3:::reports/${aws:username}/*",
                    "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
                },
                {
                    "Effect": "Allow",
                    "Action": "ec2:*",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
                },
            ],
        }
    )
    arn = "arn:aws:s3:::reports/ana/x"
    result = one(iam, PolicyInputList=[asks], ResourceArns=[arn])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:username", "aws:PrincipalTag/team"]
    entries = [
        {"ContextKeyName": "aws:username", "ContextKeyValues": ["ana"], "ContextKeyType": "string"},
        {"ContextKeyName": "aws:principaltag/TEAM", "ContextKeyValues": ["blue"], "ContextKeyType": "string"},
    ]
    result = one(iam, PolicyInputList=[asks], ResourceArns=[arn], ContextEntries=entries)
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


@pytest.mark.parametrize(
    ("kind", "values", "fits"),
    [
        ("numeric", ["3.5"], True),
        ("numeric", ["many"], False),
        ("boolean", ["True"], True),
        ("boolean", ["yes"], False),
        ("ip", ["10.0.0.1"], True),
        ("ip", ["10.0.0"], False),
        ("date", ["2026-01-01T00:00:00Z"], True),
        ("date", ["soon"], False),
        ("binary", ["QUJD"], True),
        ("binary", ["???"], False),
        ("string", ["a", "b"], False),
        ("stringList", ["a", "b"], True),
    ],
)
def test_context_entries_are_of_the_type_they_claim(iam: Iam, kind: str, values: list[str], fits: bool) -> None:
    params: dict[str, Any] = {
        "PolicyInputList": [ALLOW_ALL],
        "ActionNames": ["s3:GetObject"],
        "ContextEntries": [{"ContextKeyName": "a:key", "ContextKeyValues": values, "ContextKeyType": kind}],
    }
    if fits:
        iam.run("SimulateCustomPolicy", **params)
    else:
        assert iam.refused("SimulateCustomPolicy", **params)[0] == "InvalidInput"


def test_a_resource_policy_needs_a_caller_who_is_no_role(iam: Iam) -> None:
    params: dict[str, Any] = {
        "PolicyInputList": [deny("ec2:*")],
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [BUCKET],
        "ResourcePolicy": bucket_policy({"AWS": ANA}),
    }
    assert iam.refused("SimulateCustomPolicy", **params)[0] == "InvalidInput"
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    assert iam.refused("SimulateCustomPolicy", CallerArn=role, **params)[0] == "InvalidInput"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"
    assert iam.refused("SimulateCustomPolicy", CallerArn=session, **params)[0] == "InvalidInput"
    result = one(iam, CallerArn=ANA, **params)
    assert result["EvalDecision"] == "allowed"
    assert [s["SourcePolicyType"] for s in result["MatchedStatements"]] == ["Resource Policy"]


def test_across_accounts_both_sides_must_allow_and_each_is_told(iam: Iam) -> None:
    params: dict[str, Any] = {
        "ResourceArns": [BUCKET],
        "ResourcePolicy": bucket_policy({"AWS": ANA}),
        "CallerArn": ANA,
        "ResourceOwner": f"arn:aws:iam::{OTHER_ACCOUNT}:root",
    }
    result = one(iam, PolicyInputList=[allow("ec2:*")], **params)
    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert one(iam, PolicyInputList=[ALLOW_ALL], **params)["EvalDecision"] == "allowed"
    params["ResourceOwner"] = "somebody"
    assert iam.refused("SimulateCustomPolicy", PolicyInputList=[ALLOW_ALL], ActionNames=["s3:GetObject"], **params) == (
        "InvalidInput",
        "'somebody' is not a valid as a Resource Owner.",
    )


def test_a_principal_brings_its_groups_its_boundary_and_its_name(iam: Iam) -> None:
    iam.user("ana")
    own = allow("s3:GetObject", resource="arn:aws:s3:::reports/${aws:username}/*")
    iam.run("PutUserPolicy", UserName="ana", PolicyName="own", PolicyDocument=own)
    iam.run("CreateGroup", GroupName="devs")
    iam.run("AddUserToGroup", GroupName="devs", UserName="ana")
    iam.run("PutGroupPolicy", GroupName="devs", PolicyName="all", PolicyDocument=ALLOW_ALL)
    iam.run(
        "PutUserPermissionsBoundary",
        UserName="ana",
        PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    )
    params: dict[str, Any] = {"PolicySourceArn": ANA, "ResourceArns": ["arn:aws:s3:::reports/ana/x"]}
    result = one(iam, "SimulatePrincipalPolicy", **params)
    assert [s["SourcePolicyId"] for s in result["MatchedStatements"]] == ["user_ana_own", "group_devs_all"]
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    writes = one(iam, "SimulatePrincipalPolicy", **{**params, "ActionNames": ["s3:PutObject"]})
    assert writes["EvalDecision"] == "implicitDeny"

    without = [{"PolicyType": "inline"}]
    assert one(iam, "SimulatePrincipalPolicy", PolicyExclusionList=without, **params)["EvalDecision"] == "implicitDeny"
    group = {"PolicyName": "all", "AttachmentType": "group", "AttachmentName": "devs"}
    result = one(iam, "SimulatePrincipalPolicy", PolicyExclusionList=[{"InlinePolicyIdentifier": group}], **params)
    assert [s["SourcePolicyId"] for s in result["MatchedStatements"]] == ["user_ana_own"]
    unbounded = [{"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3Read*"}]
    result = one(iam, "SimulatePrincipalPolicy", PolicyExclusionList=unbounded, **params)
    assert "PermissionsBoundaryDecisionDetail" not in result


@pytest.mark.parametrize(
    "identifier",
    [
        {},
        {"PolicyType": "scp", "PolicyArn": "arn:aws:iam::aws:policy/X"},
        {"PolicyArn": "arn:aws:iam::aws:policy/A*B*"},
        {"PolicyArn": "arn:aws:iam::*:policy/A"},
    ],
)
def test_an_exclusion_that_means_nothing_is_refused(iam: Iam, identifier: dict[str, Any]) -> None:
    iam.user("ana")
    refused = iam.refused(
        "SimulatePrincipalPolicy",
        PolicySourceArn=ANA,
        ActionNames=["s3:GetObject"],
        PolicyExclusionList=[identifier],
    )
    assert refused[0] == "InvalidInput"


def test_the_organization_of_the_account_is_asked(iam: Iam) -> None:
    iam.user("ana")
    document = Document.parse(allow("ec2:*"), PolicyType.SCP)
    scps = [[AttachedPolicy(document, PolicyType.SCP, "only-ec2")]]
    provide_organization(lambda runtime, reader, account: Membership("o-a", "o-a/r-b/", scps=scps))
    try:
        params: dict[str, Any] = {"PolicySourceArn": ANA, "PolicyInputList": [ALLOW_ALL]}
        result = one(iam, "SimulatePrincipalPolicy", **params)
        assert result["EvalDecision"] == "implicitDeny"
        assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
        result = one(iam, "SimulatePrincipalPolicy", PolicyExclusionList=[{"PolicyType": "scp"}], **params)
        assert result["EvalDecision"] == "allowed"
        assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    finally:
        provide_organization(None)


def test_assuming_a_role_is_decided_by_the_callers_policies_alone(iam: Iam) -> None:
    iam.user("ana")
    result = one(
        iam,
        "SimulatePrincipalPolicy",
        PolicySourceArn=ANA,
        PolicyInputList=[ALLOW_ALL],
        ActionNames=["sts:AssumeRole"],
        ResourceArns=[f"arn:aws:iam::{OTHER_ACCOUNT}:role/r"],
    )
    assert result["EvalDecision"] == "allowed"
    assert result["EvalResourceName"] == "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"


def test_a_role_and_a_group_are_simulated_too(iam: Iam) -> None:
    iam.run("CreateRole", RoleName="r", Path="/app/", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    iam.run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=ALLOW_ALL)
    iam.run("CreateGroup", GroupName="g")
    role = one(iam, "SimulatePrincipalPolicy", PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/app/r")
    assert [s["SourcePolicyId"] for s in role["MatchedStatements"]] == ["role_r_p"]
    group = one(iam, "SimulatePrincipalPolicy", PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:group/g")
    assert group["EvalDecision"] == "implicitDeny"
    refused = iam.refused(
        "SimulatePrincipalPolicy", PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/r", ActionNames=["s3:GetObject"]
    )
    assert refused == ("NoSuchEntity", "The role with name r cannot be found.")


def test_results_come_in_pages(iam: Iam) -> None:
    actions = [f"s3:Get{n}" for n in range(5)]
    seen: list[str] = []
    marker: dict[str, Any] = {}
    while True:
        page = iam.run("SimulateCustomPolicy", PolicyInputList=[ALLOW_ALL], ActionNames=actions, MaxItems=2, **marker)
        seen += [result["EvalActionName"] for result in page["EvaluationResults"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert seen == actions


@pytest.mark.parametrize(
    "params",
    [
        {"PolicyInputList": ["{"]},
        {"ActionNames": ["s3:Get*"]},
        {"ActionNames": ["GetObject"]},
        {"ResourceArns": ["reports"]},
        {"ResourceHandlingOption": "EC2-Moon"},
        {"ResourceHandlingOption": "EC2-VPC-EBS", "ResourceArns": [BUCKET]},
    ],
)
def test_what_cannot_be_simulated_is_invalid_input(iam: Iam, params: dict[str, Any]) -> None:
    refused = iam.refused(
        "SimulateCustomPolicy", **{"PolicyInputList": [ALLOW_ALL], "ActionNames": ["s3:GetObject"], **params}
    )
    assert refused[0] == "InvalidInput"


def test_context_keys_are_listed_once_variables_and_conditions(iam: Iam) -> None:
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "dynamodb:*",
                "Resource": "arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}${*}",
                "Condition": {
                    "DateGreaterThan": {"aws:CurrentTime": "2015-08-16T12:00:00Z"},
                    "StringEquals": {"AWS:UserName": "${aws:PrincipalTag/team, 'none'}"},
                },
            },
        }
    )
    keys = ["aws:username", "aws:CurrentTime", "aws:PrincipalTag/team"]
    assert iam.run("GetContextKeysForCustomPolicy", PolicyInputList=[policy]) == {"ContextKeyNames": keys}
    iam.user("ana")
    iam.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=policy)
    assert iam.run("GetContextKeysForPrincipalPolicy", PolicySourceArn=ANA) == {"ContextKeyNames": keys}
