"""Roles, as CreateRole and its kin make, show, change and delete them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from garrison.services.iam.resources import ROLE
from tests.services.iam.conftest import ACCOUNT, NOW, Iam
from tests.services.iam.documents import ALLOW_ALL, EC2, trust

BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def create(iam: Iam, name: str = "r", **params: Any) -> dict[str, Any]:
    role: dict[str, Any] = iam.run("CreateRole", RoleName=name, **{"AssumeRolePolicyDocument": EC2, **params})["Role"]
    return role


def make_service_linked(iam: Iam, name: str) -> None:
    """CreateServiceLinkedRole's mark on a role."""

    def mark(tx: Any) -> None:
        row = tx.get(ROLE, ACCOUNT, name)
        tx.update(row, msgspec.structs.replace(row.body, service_linked=True))

    iam.runtime.store.writing(mark)


def test_a_new_role_is_shown_with_what_it_was_given(iam: Iam) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    before = iam.epoch()
    role = create(iam, Path="/x/", Description="d", MaxSessionDuration=7200, PermissionsBoundary=BOUNDARY, Tags=tags)
    assert iam.epoch() > before
    assert role == {
        "Path": "/x/",
        "RoleName": "r",
        "RoleId": role["RoleId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/x/r",
        "CreateDate": NOW,
        "AssumeRolePolicyDocument": quote(EC2, safe="~"),
        "Description": "d",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY},
        "Tags": tags,
    }
    assert role["RoleId"].startswith("AROA")
    assert iam.run("GetRole", RoleName="R")["Role"] == {**role, "RoleLastUsed": {}}


def test_lists_leave_out_tags_boundary_and_last_use(iam: Iam) -> None:
    role = create(iam, PermissionsBoundary=BOUNDARY, Tags=[{"Key": "a", "Value": "b"}])
    listed = iam.run("ListRoles")["Roles"]
    assert listed == [{k: v for k, v in role.items() if k not in ("Tags", "PermissionsBoundary")}]


def test_lists_come_in_pages_under_a_path(iam: Iam) -> None:
    for n in range(5):
        create(iam, f"r{n}", Path="/a/" if n % 2 else "/b/")
    first = iam.run("ListRoles", MaxItems=2)
    assert [role["RoleName"] for role in first["Roles"]] == ["r0", "r1"]
    second = iam.run("ListRoles", MaxItems=10, Marker=first["Marker"])
    assert [role["RoleName"] for role in second["Roles"]] == ["r2", "r3", "r4"]
    assert [role["RoleName"] for role in iam.run("ListRoles", PathPrefix="/a")["Roles"]] == ["r1", "r3"]


def test_names_are_unique_whatever_their_case(iam: Iam) -> None:
    create(iam)
    assert iam.refused("CreateRole", RoleName="R", AssumeRolePolicyDocument=EC2) == (
        "EntityAlreadyExists",
        "Role with name R already exists.",
    )


@pytest.mark.parametrize("operation", ["GetRole", "DeleteRole", "ListRoleTags", "ListInstanceProfilesForRole"])
def test_an_unknown_role_cannot_be_found(iam: Iam, operation: str) -> None:
    assert iam.refused(operation, RoleName="r") == ("NoSuchEntity", "The role with name r cannot be found.")


def test_trust_policies_are_checked_and_measured(iam: Iam) -> None:
    assert iam.refused("CreateRole", RoleName="r", AssumeRolePolicyDocument="{")[0] == "MalformedPolicyDocument"
    long = trust({"AWS": [f"arn:aws:iam::{n:012d}:root" for n in range(60)]})
    assert iam.refused("CreateRole", RoleName="r", AssumeRolePolicyDocument=long) == (
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )


def test_a_boundary_must_exist(iam: Iam) -> None:
    assert iam.refused(
        "CreateRole", RoleName="r", AssumeRolePolicyDocument=EC2, PermissionsBoundary=BOUNDARY + "x"
    ) == ("NoSuchEntity", f"Policy {BOUNDARY}x does not exist or is not attachable.")


def test_description_and_session_duration_are_changed(iam: Iam) -> None:
    create(iam, Description="old")
    assert iam.run("UpdateRole", RoleName="r", MaxSessionDuration=43200) == {}
    role = iam.run("UpdateRoleDescription", RoleName="r", Description="new")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 43200)
    iam.run("UpdateRole", RoleName="r", Description="newer")
    role = iam.run("GetRole", RoleName="r")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("newer", 43200)


def test_the_trust_policy_is_replaced(iam: Iam) -> None:
    create(iam)
    document = trust({"Service": "lambda.amazonaws.com"})
    before = iam.epoch()
    assert iam.run("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=document) == {}
    assert iam.epoch() > before
    assert iam.run("GetRole", RoleName="r")["Role"]["AssumeRolePolicyDocument"] == quote(document, safe="~")


def test_a_role_is_deleted_only_when_nothing_hangs_on_it(iam: Iam) -> None:
    create(iam)
    iam.run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=ALLOW_ALL)
    iam.run("AttachRolePolicy", RoleName="r", PolicyArn=BOUNDARY)
    iam.run("PutRolePermissionsBoundary", RoleName="r", PermissionsBoundary=BOUNDARY)
    iam.run("CreateInstanceProfile", InstanceProfileName="i")
    iam.run("AddRoleToInstanceProfile", InstanceProfileName="i", RoleName="r")

    def conflict() -> tuple[str, str]:
        return iam.refused("DeleteRole", RoleName="r")

    assert conflict() == ("DeleteConflict", "Cannot delete entity, must delete policies first.")
    iam.run("DeleteRolePolicy", RoleName="r", PolicyName="p")
    assert conflict() == ("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    iam.run("DetachRolePolicy", RoleName="r", PolicyArn=BOUNDARY)
    assert conflict() == ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
    iam.run("RemoveRoleFromInstanceProfile", InstanceProfileName="i", RoleName="r")
    before = iam.epoch()
    iam.run("DeleteRole", RoleName="r")
    assert iam.epoch() > before
    # A boundary does not keep a role, and goes with it.
    assert iam.run("GetPolicy", PolicyArn=BOUNDARY)["Policy"]["PermissionsBoundaryUsageCount"] == 0


def test_roles_carry_tags(iam: Iam) -> None:
    create(iam)
    before = iam.epoch()
    iam.run("TagRole", RoleName="r", Tags=[{"Key": "Team", "Value": "a"}, {"Key": "stage", "Value": "x"}])
    assert iam.epoch() > before
    iam.run("UntagRole", RoleName="r", TagKeys=["STAGE"])
    assert iam.run("ListRoleTags", RoleName="r") == {"Tags": [{"Key": "Team", "Value": "a"}], "IsTruncated": False}
    many = [{"Key": f"k{n}", "Value": ""} for n in range(50)]
    assert iam.refused("TagRole", RoleName="r", Tags=many) == (
        "LimitExceeded",
        "Cannot exceed quota for TagsPerRole: 50",
    )


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DeleteRole", {}),
        ("UpdateRole", {"MaxSessionDuration": 7200}),
        ("UpdateAssumeRolePolicy", {"PolicyDocument": EC2}),
        ("AttachRolePolicy", {"PolicyArn": BOUNDARY}),
        ("DetachRolePolicy", {"PolicyArn": BOUNDARY}),
        ("PutRolePolicy", {"PolicyName": "p", "PolicyDocument": ALLOW_ALL}),
        ("DeleteRolePolicy", {"PolicyName": "p"}),
        ("PutRolePermissionsBoundary", {"PermissionsBoundary": BOUNDARY}),
        ("DeleteRolePermissionsBoundary", {}),
        ("AddRoleToInstanceProfile", {"InstanceProfileName": "i"}),
    ],
)
def test_service_linked_roles_are_changed_by_aws_only(iam: Iam, operation: str, params: dict[str, Any]) -> None:
    create(iam, "AWSServiceRoleForX")
    iam.run("CreateInstanceProfile", InstanceProfileName="i")
    make_service_linked(iam, "AWSServiceRoleForX")
    assert iam.refused(operation, RoleName="AWSServiceRoleForX", **params) == (
        "UnmodifiableEntity",
        "Cannot perform the operation on the protected role 'AWSServiceRoleForX' - this role is only modifiable by AWS",
    )


def test_the_description_of_a_service_linked_role_may_be_edited(iam: Iam) -> None:
    create(iam)
    make_service_linked(iam, "r")
    iam.run("UpdateRole", RoleName="r", Description="mine")
    assert iam.run("GetRole", RoleName="r")["Role"]["Description"] == "mine"
