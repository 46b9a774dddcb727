"""Managed policies attached to users, groups and roles, and permissions boundaries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.iam.conftest import ACCOUNT, Iam
from tests.services.iam.documents import ALLOW_ALL, EC2, named

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SERVICE_LINKED = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"


@pytest.fixture(params=["User", "Group", "Role"])
def owner(request: pytest.FixtureRequest, iam: Iam) -> tuple[str, dict[str, Any]]:
    """(noun, the parameter that names it) of one entity of each kind."""
    noun = request.param
    extra: dict[str, Any] = {"AssumeRolePolicyDocument": EC2} if noun == "Role" else {}
    iam.run(f"Create{noun}", **named(noun, "dev"), **extra)
    return noun, named(noun, "dev")


Owner = tuple[str, dict[str, Any]]


def own_policy(iam: Iam, name: str, path: str = "/") -> str:
    return str(iam.run("CreatePolicy", PolicyName=name, Path=path, PolicyDocument=ALLOW_ALL)["Policy"]["Arn"])


def test_attaching_counts_once_however_often_it_is_done(iam: Iam, owner: Owner) -> None:
    noun, name = owner
    before = iam.epoch()
    for _ in range(2):
        assert iam.run(f"Attach{noun}Policy", **name, PolicyArn=READ_ONLY) == {}
    assert iam.epoch() > before
    assert iam.run(f"ListAttached{noun}Policies", **name) == {
        "AttachedPolicies": [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}],
        "IsTruncated": False,
    }
    assert iam.run("GetPolicy", PolicyArn=READ_ONLY)["Policy"]["AttachmentCount"] == 1


def test_what_is_not_attached_cannot_be_detached(iam: Iam, owner: Owner) -> None:
    noun, name = owner
    iam.run(f"Attach{noun}Policy", **name, PolicyArn=READ_ONLY)
    before = iam.epoch()
    iam.run(f"Detach{noun}Policy", **name, PolicyArn=READ_ONLY)
    assert iam.epoch() > before
    assert iam.refused(f"Detach{noun}Policy", **name, PolicyArn=READ_ONLY) == (
        "NoSuchEntity",
        f"Policy {READ_ONLY} was not found.",
    )


def test_what_does_not_exist_cannot_be_attached(iam: Iam, owner: Owner) -> None:
    noun, name = owner
    for arn in (f"arn:aws:iam::{ACCOUNT}:policy/none", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"):
        assert iam.refused(f"Attach{noun}Policy", **name, PolicyArn=arn) == (
            "NoSuchEntity",
            f"Policy {arn} does not exist or is not attachable.",
        )
    assert iam.refused(f"Attach{noun}Policy", **named(noun, "x"), PolicyArn=READ_ONLY)[0] == "NoSuchEntity"


def test_policies_of_service_linked_roles_cannot_be_attached(iam: Iam, owner: Owner) -> None:
    noun, name = owner
    assert iam.refused(f"Attach{noun}Policy", **name, PolicyArn=SERVICE_LINKED) == (
        "PolicyNotAttachable",
        f"Cannot attach a Service Role Policy to a Customer {noun}.",
    )


def test_ten_policies_are_the_quota(iam: Iam, owner: Owner) -> None:
    noun, name = owner
    arns = [own_policy(iam, f"p{n}") for n in range(11)]
    for arn in arns[:10]:
        iam.run(f"Attach{noun}Policy", **name, PolicyArn=arn)
    assert iam.refused(f"Attach{noun}Policy", **name, PolicyArn=arns[10]) == (
        "LimitExceeded",
        f"Cannot exceed quota for PoliciesPer{noun}: 10",
    )
    iam.run(f"Attach{noun}Policy", **name, PolicyArn=arns[0])
    first = iam.run(f"ListAttached{noun}Policies", **name, MaxItems=7)
    second = iam.run(f"ListAttached{noun}Policies", **name, MaxItems=7, Marker=first["Marker"])
    assert [p["PolicyArn"] for p in first["AttachedPolicies"] + second["AttachedPolicies"]] == arns[:10]


def test_attached_policies_are_listed_by_path(iam: Iam, owner: Owner) -> None:
    noun, name = owner
    deep = own_policy(iam, "deep", "/a/b/")
    for arn in (deep, own_policy(iam, "flat")):
        iam.run(f"Attach{noun}Policy", **name, PolicyArn=arn)
    listed = iam.run(f"ListAttached{noun}Policies", **name, PathPrefix="/a/")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in listed] == [deep]


def test_entities_of_a_policy_are_listed_by_kind_use_and_path(iam: Iam) -> None:
    ana = iam.user("ana", Path="/staff/")
    bob = iam.user("bob")
    group = iam.run("CreateGroup", GroupName="devs")["Group"]
    role = iam.run("CreateRole", RoleName="r", AssumeRolePolicyDocument=EC2)["Role"]
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=READ_ONLY)
    iam.run("PutUserPermissionsBoundary", UserName="bob", PermissionsBoundary=READ_ONLY)
    iam.run("AttachGroupPolicy", GroupName="devs", PolicyArn=READ_ONLY)
    iam.run("AttachRolePolicy", RoleName="r", PolicyArn=READ_ONLY)
    everyone = {
        "PolicyGroups": [{"GroupName": "devs", "GroupId": group["GroupId"]}],
        "PolicyUsers": [{"UserName": "ana", "UserId": ana.id}, {"UserName": "bob", "UserId": bob.id}],
        "PolicyRoles": [{"RoleName": "r", "RoleId": role["RoleId"]}],
        "IsTruncated": False,
    }
    assert iam.run("ListEntitiesForPolicy", PolicyArn=READ_ONLY) == everyone

    def users(**params: Any) -> list[str]:
        answer = iam.run("ListEntitiesForPolicy", PolicyArn=READ_ONLY, **params)
        return [user["UserName"] for user in answer["PolicyUsers"]]

    assert users(PolicyUsageFilter="PermissionsBoundary") == ["bob"]
    assert users(PolicyUsageFilter="PermissionsPolicy") == ["ana"]
    assert users(PathPrefix="/staff/") == ["ana"]
    assert users(EntityFilter="Role") == []
    first = iam.run("ListEntitiesForPolicy", PolicyArn=READ_ONLY, MaxItems=2)
    assert (len(first["PolicyGroups"]), len(first["PolicyUsers"]), first["IsTruncated"]) == (1, 1, True)
    rest = iam.run("ListEntitiesForPolicy", PolicyArn=READ_ONLY, Marker=first["Marker"])
    assert (len(rest["PolicyUsers"]), len(rest["PolicyRoles"]), rest["IsTruncated"]) == (1, 1, False)


@pytest.mark.parametrize("noun", ["User", "Role"])
def test_a_boundary_is_put_replaced_and_deleted(iam: Iam, noun: str) -> None:
    name: dict[str, Any] = named(noun, "dev")
    extra: dict[str, Any] = {"AssumeRolePolicyDocument": EC2} if noun == "Role" else {}
    iam.run(f"Create{noun}", **name, **extra)
    own = own_policy(iam, "cap")
    for arn in (READ_ONLY, own):
        before = iam.epoch()
        iam.run(f"Put{noun}PermissionsBoundary", **name, PermissionsBoundary=arn)
        assert iam.epoch() > before
    assert iam.run(f"Get{noun}", **name)[noun]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": own,
    }
    assert iam.run("GetPolicy", PolicyArn=READ_ONLY)["Policy"]["PermissionsBoundaryUsageCount"] == 0
    assert iam.run("GetPolicy", PolicyArn=own)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    before = iam.epoch()
    iam.run(f"Delete{noun}PermissionsBoundary", **name)
    assert iam.epoch() > before
    assert "PermissionsBoundary" not in iam.run(f"Get{noun}", **name)[noun]
    assert iam.refused(f"Delete{noun}PermissionsBoundary", **name)[0] == "NoSuchEntity"
    assert iam.refused(f"Put{noun}PermissionsBoundary", **name, PermissionsBoundary=READ_ONLY + "x")[0] == (
        "NoSuchEntity"
    )
