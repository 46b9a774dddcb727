"""IAM's resources as authorization sees them."""

from __future__ import annotations

from typing import Any

from garrison.access.resources import Facts, facts
from garrison.aws.reference import resolve
from garrison.aws.reference.check import Check
from garrison.policy.principal import Principal, RoleSession, Root
from tests.services.iam.conftest import ACCOUNT, OTHER_ACCOUNT, Iam
from tests.services.iam.documents import ALLOW_ALL, EC2, trust

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def seen(iam: Iam, operation: str, by: Principal | None = None, **params: Any) -> list[Facts]:
    """Facts of every check a call means."""
    call = iam.call(operation, by, **params)
    checks = resolve("iam", operation, params, account=ACCOUNT, region="us-east-1", partition="aws")
    with iam.runtime.store.reading() as reader:
        return [facts(reader, call, check) for check in checks]


def arns(iam: Iam, operation: str, by: Principal | None = None, **params: Any) -> list[str]:
    return [found.arn.removeprefix(f"arn:aws:iam::{ACCOUNT}:") for found in seen(iam, operation, by, **params)]


def test_a_named_entity_is_found_with_its_path_case_and_tags(iam: Iam) -> None:
    iam.user("Ana", Path="/staff/", Tags=[{"Key": "Team", "Value": "a"}])
    (found,) = seen(iam, "GetUser", UserName="ana")
    assert found.arn == f"arn:aws:iam::{ACCOUNT}:user/staff/Ana"
    assert (found.account, found.exists, found.tags) == (ACCOUNT, True, {"Team": "a"})
    assert found.context == {"iam:resourcetag/team": "a"}
    assert arns(iam, "CreateAccessKey", UserName="Ana") == ["user/staff/Ana"]
    iam.run("CreateGroup", GroupName="g", Path="/x/")
    iam.run("CreateInstanceProfile", InstanceProfileName="i", Path="/x/")
    assert arns(iam, "GetGroup", GroupName="g") == ["group/x/g"]
    assert arns(iam, "GetInstanceProfile", InstanceProfileName="i") == ["instance-profile/x/i"]


def test_what_does_not_exist_is_its_arn(iam: Iam) -> None:
    (found,) = seen(iam, "GetUser", UserName="nobody")
    assert (found.arn, found.exists) == (f"arn:aws:iam::{ACCOUNT}:user/nobody", False)


def test_what_is_to_be_created_is_where_it_will_be(iam: Iam) -> None:
    iam.user("ana", Path="/staff/")
    assert arns(iam, "CreateUser", UserName="ana") == ["user/ana"]
    assert arns(iam, "CreateUser", UserName="bob", Path="/x/") == ["user/x/bob"]


def test_a_renamed_user_keeps_its_path_unless_it_moves(iam: Iam) -> None:
    iam.user("ana", Path="/staff/")
    assert arns(iam, "UpdateUser", UserName="ana", NewUserName="anna") == ["user/staff/ana", "user/staff/anna"]
    moved = arns(iam, "UpdateUser", UserName="ana", NewUserName="anna", NewPath="/x/")
    assert moved[:2] == ["user/staff/ana", "user/x/anna"]


def test_a_call_without_a_name_is_about_its_caller(iam: Iam) -> None:
    ana = iam.user("ana", Path="/staff/")
    assert arns(iam, "GetUser", by=ana) == ["user/staff/ana"]
    assert arns(iam, "GetUser", by=Root(ACCOUNT)) == ["root"]
    session = RoleSession(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/r", "AROAX", "s")
    assert arns(iam, "GetUser", by=session) == [session.arn]


def test_an_access_key_leads_to_its_user(iam: Iam) -> None:
    iam.user("ana", Path="/staff/")
    key = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    assert arns(iam, "GetAccessKeyLastUsed", AccessKeyId=key) == ["user/staff/ana"]
    assert arns(iam, "GetAccessKeyLastUsed", AccessKeyId="AKIAAAAAAAAAAAAAAAAA") == ["user/*"]


def test_the_boundary_counts_where_policies_are_changed(iam: Iam) -> None:
    iam.user("ana", PermissionsBoundary=READ_ONLY)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("AttachUserPolicy", {"PolicyArn": READ_ONLY}),
        ("PutUserPolicy", {"PolicyName": "p", "PolicyDocument": ALLOW_ALL}),
        ("DeleteUserPermissionsBoundary", {}),
    ]
    for operation, params in calls:
        (found,) = seen(iam, operation, UserName="ana", **params)
        assert found.context == {"iam:permissionsboundary": READ_ONLY}
    # What is put is what is asked about, not what was there.
    (found,) = seen(iam, "PutUserPermissionsBoundary", UserName="ana", PermissionsBoundary=READ_ONLY)
    assert found.context == {}
    assert seen(iam, "GetUser", UserName="ana")[0].context == {}


def test_policies_are_found_with_tags_and_those_of_aws_are_nobodys(iam: Iam) -> None:
    own = iam.run("CreatePolicy", PolicyName="own", PolicyDocument=ALLOW_ALL, Tags=[{"Key": "a", "Value": "b"}])
    arn = own["Policy"]["Arn"]
    (found,) = seen(iam, "GetPolicy", PolicyArn=arn)
    assert (found.arn, found.account, found.exists, found.tags) == (arn, ACCOUNT, True, {"a": "b"})
    (found,) = seen(iam, "GetPolicy", PolicyArn=READ_ONLY)
    assert (found.arn, found.account, found.exists) == (READ_ONLY, None, True)


def assumed(iam: Iam, arn: str, action: str = "sts:AssumeRole") -> Facts:
    call = iam.call("AssumeRole", RoleArn=arn)
    call.service = "sts"
    with iam.runtime.store.reading() as reader:
        return facts(reader, call, Check(action=action, resource=arn))


def test_a_role_to_be_assumed_brings_its_trust_policy_with_unique_ids(iam: Iam) -> None:
    ana = iam.user("ana")
    document = trust({"AWS": ana.arn})
    arn = iam.run("CreateRole", RoleName="r", Path="/x/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for action in ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"):
        found = assumed(iam, arn, action)
        assert found.exists
        assert not found.trusts_account
        assert found.policy is not None
        assert (found.policy.name, found.policy.attached_to) == ("trust policy of role r", arn)
        assert ana.id in found.policy.document.text
    passed = assumed(iam, arn, "iam:PassRole")
    assert (passed.arn, passed.policy, passed.trusts_account) == (arn, None, True)


def test_a_role_is_assumed_by_its_whole_arn_only(iam: Iam) -> None:
    iam.run("CreateRole", RoleName="r", Path="/x/", AssumeRolePolicyDocument=EC2)
    for arn in (
        f"arn:aws:iam::{ACCOUNT}:role/r",
        f"arn:aws:iam::{ACCOUNT}:role/y/r",
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/x/r",
    ):
        found = assumed(iam, arn)
        assert (found.exists, found.policy, found.trusts_account, found.arn) == (False, None, False, arn)


def test_a_role_put_into_a_profile_is_passed_with_its_path(iam: Iam) -> None:
    iam.run("CreateRole", RoleName="r", Path="/x/", AssumeRolePolicyDocument=EC2)
    iam.run("CreateInstanceProfile", InstanceProfileName="i")
    found = arns(iam, "AddRoleToInstanceProfile", InstanceProfileName="i", RoleName="r")
    assert found == ["instance-profile/i", "role/x/r"]
