"""GetAccountAuthorizationDetails."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.services.iam.conftest import ACCOUNT, NOW, Iam
from tests.services.iam.documents import ALLOW_ALL, EC2

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SHOWN = quote(ALLOW_ALL, safe="~")


@pytest.fixture
def peopled(iam: Iam) -> Iam:
    iam.user("ana", Tags=[{"Key": "team", "Value": "a"}], PermissionsBoundary=READ_ONLY)
    iam.user("bob")
    iam.run("CreateGroup", GroupName="devs")
    iam.run("AddUserToGroup", UserName="ana", GroupName="devs")
    iam.run("CreateRole", RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.run("CreateInstanceProfile", InstanceProfileName="i")
    iam.run("AddRoleToInstanceProfile", InstanceProfileName="i", RoleName="r")
    arn = iam.run("CreatePolicy", PolicyName="own", PolicyDocument=ALLOW_ALL, Description="d")["Policy"]["Arn"]
    iam.run("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=ALLOW_ALL)
    iam.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=ALLOW_ALL)
    iam.run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=ALLOW_ALL)
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=arn)
    iam.run("AttachGroupPolicy", GroupName="devs", PolicyArn=READ_ONLY)
    return iam


def details(iam: Iam, **params: Any) -> dict[str, Any]:
    return iam.run("GetAccountAuthorizationDetails", **params)


def test_users_come_with_groups_policies_boundary_and_tags(peopled: Iam) -> None:
    ana, bob = details(peopled)["UserDetailList"]
    assert ana == {
        "Path": "/",
        "UserName": "ana",
        "UserId": ana["UserId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/ana",
        "CreateDate": NOW,
        "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": SHOWN}],
        "GroupList": ["devs"],
        "AttachedManagedPolicies": [{"PolicyName": "own", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/own"}],
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY},
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    assert (bob["GroupList"], bob["Tags"], bob["AttachedManagedPolicies"]) == ([], [], [])


def test_groups_and_roles_come_with_what_they_carry(peopled: Iam) -> None:
    answer = details(peopled)
    (group,) = answer["GroupDetailList"]
    assert group["GroupPolicyList"] == []
    assert group["AttachedManagedPolicies"] == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    (role,) = answer["RoleDetailList"]
    assert role["AssumeRolePolicyDocument"] == quote(EC2, safe="~")
    assert role["RolePolicyList"] == [{"PolicyName": "p", "PolicyDocument": SHOWN}]
    assert [profile["InstanceProfileName"] for profile in role["InstanceProfileList"]] == ["i"]
    assert (role["Tags"], role["RoleLastUsed"]) == ([], {})


def test_policies_come_with_all_their_versions(peopled: Iam) -> None:
    own, published = details(peopled)["Policies"]
    assert [version["VersionId"] for version in own["PolicyVersionList"]] == ["v2", "v1"]
    assert own["PolicyVersionList"][1] == {
        "Document": SHOWN,
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "CreateDate": NOW,
    }
    assert (own["Description"], own["AttachmentCount"]) == ("d", 1)
    assert published["Arn"] == READ_ONLY
    assert published["PermissionsBoundaryUsageCount"] == 1


def test_a_filter_leaves_the_rest_out(peopled: Iam) -> None:
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    for wanted, counts in (
        ("User", (2, 0, 0, 0)),
        ("Group", (0, 1, 0, 0)),
        ("Role", (0, 0, 1, 0)),
        ("LocalManagedPolicy", (0, 0, 0, 1)),
        ("AWSManagedPolicy", (0, 0, 0, 1)),
    ):
        answer = details(peopled, Filter=[wanted])
        assert tuple(len(answer[name]) for name in lists) == counts
    assert details(peopled, Filter=["AWSManagedPolicy"])["Policies"][0]["Arn"] == READ_ONLY


def test_pages_run_through_all_kinds(peopled: Iam) -> None:
    seen: list[str] = []
    params: dict[str, Any] = {}
    while True:
        answer = details(peopled, MaxItems=1, **params)
        page = [item for name in answer if name.endswith("List") or name == "Policies" for item in answer[name]]
        assert len(page) == 1
        seen.append(page[0]["Arn"].rpartition(":")[2])
        if not answer["IsTruncated"]:
            break
        params = {"Marker": answer["Marker"]}
    assert seen == ["user/ana", "user/bob", "group/devs", "role/r", "policy/own", "policy/ReadOnlyAccess"]
