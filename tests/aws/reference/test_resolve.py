"""What calls mean: actions, resources and condition keys, as AWS's documentation gives them."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.reference import CALLER, Check, Malformed, Unmapped, resolve

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"


def meaning(service: str, operation: str, **params: Any) -> list[Check]:
    return resolve(service, operation, params, account=ACCOUNT, region="eu-west-1", partition="aws")


def asked(service: str, operation: str, **params: Any) -> list[tuple[str, str]]:
    return [(check.action, check.resource) for check in meaning(service, operation, **params)]


TAGS = [{"Key": "Team", "Value": "red"}]
TAG_CONTEXT = {"aws:requesttag/team": "red", "aws:tagkeys": ("Team",)}


def test_a_created_user_is_named_with_its_path() -> None:
    assert asked("iam", "CreateUser", UserName="ana", Path="/dev/") == [("iam:CreateUser", IAM + "user/dev/ana")]
    assert asked("iam", "CreateUser", UserName="ana") == [("iam:CreateUser", IAM + "user/ana")]


def test_a_call_without_a_user_name_acts_on_its_caller() -> None:
    assert asked("iam", "GetUser") == [("iam:GetUser", IAM + "user/" + CALLER)]
    assert asked("iam", "ChangePassword", OldPassword="a", NewPassword="b") == [
        ("iam:ChangePassword", IAM + "user/" + CALLER)
    ]


@pytest.mark.parametrize("name", [CALLER, "${aws:userid}", "arn:aws:iam::123456789012:user/ana"])
def test_a_name_never_plays_a_marker_or_an_arn(name: str) -> None:
    with pytest.raises(Malformed):
        meaning("iam", "GetUser", UserName=name)


def test_an_arn_of_another_kind_of_resource_is_refused() -> None:
    with pytest.raises(Malformed):
        meaning("iam", "GetPolicy", PolicyArn="arn:aws:iam::123456789012:user/ana")
    with pytest.raises(Malformed):
        meaning("sts", "AssumeRole", RoleArn="arn:aws:iam::123456789012:user/ana", RoleSessionName="s")


def test_an_arn_of_another_partition_is_refused_so_that_it_slips_past_no_policy() -> None:
    with pytest.raises(Malformed):
        meaning("sts", "AssumeRoot", TargetPrincipal="arn:aws-cn:iam::210987654321:root", TaskPolicyArn={"arn": "x"})
    with pytest.raises(Malformed):
        meaning("iam", "SimulatePrincipalPolicy", PolicySourceArn="arn:aws-cn:iam::123456789012:user/ana")


def test_an_aws_managed_policy_keeps_its_arn() -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert asked("iam", "GetPolicy", PolicyArn=arn) == [("iam:GetPolicy", arn)]


def test_lists_are_asked_for_on_the_path_they_list() -> None:
    assert asked("iam", "ListUsers") == [("iam:ListUsers", IAM + "user/")]
    assert asked("iam", "ListRoles", PathPrefix="/app/") == [("iam:ListRoles", IAM + "role/app/")]


def test_attaching_a_policy_names_it_in_the_context() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    (check,) = meaning("iam", "AttachUserPolicy", UserName="ana", PolicyArn=arn)
    assert (check.action, check.resource) == ("iam:AttachUserPolicy", IAM + "user/ana")
    assert check.context == {"iam:policyarn": arn}


@pytest.mark.parametrize(
    ("operation", "params", "resource", "tagging"),
    [
        ("CreateUser", {"UserName": "ana"}, "user/ana", "iam:TagUser"),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}, "role/r", "iam:TagRole"),
        ("CreatePolicy", {"PolicyName": "p", "PolicyDocument": "{}"}, "policy/p", "iam:TagPolicy"),
        ("CreateInstanceProfile", {"InstanceProfileName": "i"}, "instance-profile/i", "iam:TagInstanceProfile"),
        ("CreateVirtualMFADevice", {"VirtualMFADeviceName": "m"}, "mfa/m", "iam:TagMFADevice"),
        ("CreateSAMLProvider", {"Name": "s", "SAMLMetadataDocument": "x"}, "saml-provider/s", "iam:TagSAMLProvider"),
        (
            "CreateOpenIDConnectProvider",
            {"Url": "https://id.example.com/x"},
            "oidc-provider/id.example.com/x",
            "iam:TagOpenIDConnectProvider",
        ),
    ],
)
def test_tags_at_creation_need_the_tagging_action_too(
    operation: str, params: dict[str, str], resource: str, tagging: str
) -> None:
    assert asked("iam", operation, **params) == [("iam:" + operation, IAM + resource)]
    both = meaning("iam", operation, **params, Tags=TAGS)
    assert [(c.action, c.resource) for c in both] == [
        ("iam:" + operation, IAM + resource),
        (tagging, IAM + resource),
    ]
    for check in both:
        assert check.context == TAG_CONTEXT


def test_renaming_asks_for_the_old_name_and_the_new() -> None:
    assert asked("iam", "UpdateUser", UserName="bob", NewUserName="robert") == [
        ("iam:UpdateUser", IAM + "user/bob"),
        ("iam:UpdateUser", IAM + "user/robert"),
    ]


def test_moving_asks_for_the_new_path() -> None:
    assert asked("iam", "UpdateUser", UserName="bob", NewPath="/ops/") == [
        ("iam:UpdateUser", IAM + "user/bob"),
        ("iam:UpdateUser", IAM + "user/ops/bob"),
    ]
    assert asked("iam", "UpdateUser", UserName="bob", NewUserName="rob", NewPath="/ops/")[1:] == [
        ("iam:UpdateUser", IAM + "user/ops/rob")
    ]


def test_a_role_in_an_instance_profile_is_passed_to_ec2() -> None:
    _, passing = meaning("iam", "AddRoleToInstanceProfile", InstanceProfileName="p", RoleName="r")
    assert (passing.action, passing.resource, passing.side) == ("iam:PassRole", IAM + "role/r", True)
    assert passing.context == {"iam:passedtoservice": "ec2.amazonaws.com"}


def test_assuming_a_role_is_not_passing_it() -> None:
    assert asked("sts", "AssumeRole", RoleArn=IAM + "role/r", RoleSessionName="s") == [
        ("sts:AssumeRole", IAM + "role/r")
    ]


def test_session_tags_and_source_identity_are_asked_for_on_the_role() -> None:
    checks = meaning(
        "sts",
        "AssumeRole",
        RoleArn=IAM + "role/r",
        RoleSessionName="s",
        ExternalId="e",
        Tags=TAGS,
        TransitiveTagKeys=["Team"],
        SourceIdentity="ana",
    )
    assert [c.action for c in checks] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert {c.resource for c in checks} == {IAM + "role/r"}
    assert checks[0].context == {
        **TAG_CONTEXT,
        "sts:externalid": "e",
        "sts:rolesessionname": "s",
        "sts:sourceidentity": "ana",
        "sts:transitivetagkeys": ("Team",),
    }
    assert checks[2].context == {"sts:sourceidentity": "ana"}


@pytest.mark.parametrize("operation", ["GetCallerIdentity", "GetSessionToken"])
def test_some_calls_need_no_permission(operation: str) -> None:
    assert meaning("sts", operation) == []


def test_a_root_session_is_asked_for_on_the_member_accounts_root() -> None:
    policy = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    (check,) = meaning("sts", "AssumeRoot", TargetPrincipal="111122223333", TaskPolicyArn=policy)
    assert check.resource == "arn:aws:iam::111122223333:root"
    assert check.context == {"sts:taskpolicyarn": policy["arn"]}


@pytest.mark.parametrize(
    ("service", "operation"),
    [("iam", "Nothing"), ("nothing", "GetUser"), ("iam", "AcquireRole"), ("../iam", "GetUser")],
)
def test_what_is_not_known_is_refused(service: str, operation: str) -> None:
    with pytest.raises(Unmapped):
        meaning(service, operation)


def test_a_missing_resource_is_refused() -> None:
    with pytest.raises(Unmapped):
        meaning("iam", "GetRole")


# Other services: the renames, the dependent checks, and what must not slip through.


def test_an_object_version_is_another_action() -> None:
    assert asked("s3", "GetObject", Bucket="b", Key="k") == [("s3:GetObject", "arn:aws:s3:::b/k")]
    assert asked("s3", "GetObject", Bucket="b", Key="k", VersionId="1") == [("s3:GetObjectVersion", "arn:aws:s3:::b/k")]


def test_the_source_of_a_copy_is_asked_for_as_it_is_read() -> None:
    assert asked("s3", "CopyObject", Bucket="b", Key="k", CopySource="/c/%73ecret/d?versionId=1") == [
        ("s3:PutObject", "arn:aws:s3:::b/k"),
        ("s3:GetObjectVersion", "arn:aws:s3:::c/secret/d"),
    ]
    assert asked("s3", "CopyObject", Bucket="b", Key="k", CopySource="c/d")[1] == ("s3:GetObject", "arn:aws:s3:::c/d")


def test_deleting_several_objects_asks_for_each() -> None:
    assert asked("s3", "DeleteObjects", Bucket="b", Delete={"Objects": [{"Key": "x"}, {"Key": "y"}]}) == [
        ("s3:DeleteObject", "arn:aws:s3:::b/x"),
        ("s3:DeleteObject", "arn:aws:s3:::b/y"),
    ]


def test_a_list_that_names_nothing_is_refused() -> None:
    with pytest.raises(Unmapped):
        meaning("s3", "DeleteObjects", Bucket="b", Delete={"Objects": []})


def test_the_context_of_a_listing_says_what_is_listed() -> None:
    (check,) = meaning("s3", "ListObjectsV2", Bucket="b", Prefix="home/", MaxKeys=10)
    assert (check.action, check.resource) == ("s3:ListBucket", "arn:aws:s3:::b")
    assert check.context.items() >= {"s3:prefix": "home/", "s3:max-keys": "10"}.items()


def test_a_role_given_to_a_service_is_passed_to_it() -> None:
    checks = meaning("lambda", "CreateFunction", FunctionName="f", Role=IAM + "role/service/x", Code={})
    assert [(c.action, c.resource, c.side) for c in checks] == [
        ("lambda:CreateFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f", False),
        ("iam:PassRole", IAM + "role/service/x", True),
    ]
    assert checks[1].context == {"iam:passedtoservice": "lambda.amazonaws.com"}
    assert asked("glue", "CreateJob", Name="j", Role="etl")[1] == ("iam:PassRole", IAM + "role/etl")


def test_no_role_given_is_none_passed() -> None:
    assert asked("lambda", "UpdateFunctionConfiguration", FunctionName="f") == [
        ("lambda:UpdateFunctionConfiguration", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f")
    ]


def test_reading_a_role_is_not_passing_it() -> None:
    assert [a for a, _ in asked("cloudtrail", "GetTrail", Name="t")] == ["cloudtrail:GetTrail"]


def test_launching_instances_asks_for_all_it_makes_and_uses() -> None:
    specification = {"ResourceType": "instance", "Tags": TAGS}
    checks = meaning("ec2", "RunInstances", ImageId="ami-1", InstanceType="t3.micro", TagSpecifications=[specification])
    resources = {(c.action, c.resource.split(":", 5)[5]) for c in checks}
    assert resources >= {
        ("ec2:RunInstances", "instance/*"),
        ("ec2:RunInstances", "image/ami-1"),
        ("ec2:CreateTags", "instance/*"),
    }
    assert checks[0].context.items() >= TAG_CONTEXT.items()
    assert checks[-1].context == {**TAG_CONTEXT, "ec2:createaction": "RunInstances", "ec2:region": "eu-west-1"}


def test_a_batch_is_allowed_by_the_single_action() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
    assert asked("sqs", "SendMessageBatch", QueueUrl=url, Entries=[]) == [
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q")
    ]


def test_a_transaction_asks_for_each_of_its_items() -> None:
    items = [{"Put": {"TableName": "t", "Item": {}}}, {"Delete": {"TableName": "u", "Key": {"id": {"S": "7"}}}}]
    table = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/"
    assert asked("dynamodb", "TransactWriteItems", TransactItems=items) == [
        ("dynamodb:PutItem", table + "t"),
        ("dynamodb:DeleteItem", table + "u"),
    ]


def test_api_gateways_actions_are_verbs() -> None:
    assert asked("apigateway", "GetResource", restApiId="abc", resourceId="r") == [
        ("apigateway:GET", "arn:aws:apigateway:eu-west-1::/restapis/abc/resources/r")
    ]


def test_a_key_named_by_alias_says_so() -> None:
    (check,) = meaning("kms", "Encrypt", KeyId="alias/app", Plaintext=b"x", EncryptionContext={"Tenant": "a"})
    assert check.resource == f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/app"
    assert (
        check.context.items()
        >= {
            "kms:requestalias": "alias/app",
            "kms:encryptioncontext:tenant": "a",
            "kms:encryptioncontextkeys": ("Tenant",),
        }.items()
    )


def test_re_encryption_asks_for_both_keys() -> None:
    assert [a for a, _ in asked("kms", "ReEncrypt", CiphertextBlob=b"x", SourceKeyId="a", DestinationKeyId="b")] == [
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]


def test_a_resource_named_in_a_way_that_is_not_understood_is_not_everything() -> None:
    assert asked("elbv2", "DescribeTags", ResourceArns=[]) == [("elasticloadbalancing:DescribeTags", "*")]
    with pytest.raises(Malformed):
        meaning("elbv2", "SetSubnets", LoadBalancerArn="ARN:aws:elasticloadbalancing:x", Subnets=["s"])


def test_parts_of_an_arn_come_from_different_parameters() -> None:
    assert asked("artifact", "GetReport", reportId="r", reportVersion=2, termToken="t") == [
        ("artifact:GetReport", "arn:aws:artifact:eu-west-1::report/r:2")
    ]


def test_a_scope_is_spelled_as_arns_spell_it() -> None:
    assert asked("wafv2", "GetWebACL", Name="n", Id="i", Scope="CLOUDFRONT") == [
        ("wafv2:GetWebACL", f"arn:aws:wafv2:eu-west-1:{ACCOUNT}:global/webacl/n/i")
    ]


def test_a_hot_call_costs_microseconds() -> None:
    import timeit

    params = {"UserName": "ana"}
    meaning("iam", "GetUser", **params)
    best = min(
        timeit.repeat(
            lambda: resolve("iam", "GetUser", params, account=ACCOUNT, region="eu-west-1", partition="aws"),
            number=2000,
            repeat=5,
        )
    )
    assert best / 2000 < 50e-6  # measured 3 us; the margin is for busy machines
