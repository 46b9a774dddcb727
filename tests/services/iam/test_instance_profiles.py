"""Instance profiles and the one role each holds."""

from __future__ import annotations

from tests.services.iam.conftest import ACCOUNT, NOW, Iam
from tests.services.iam.documents import EC2


def test_a_profile_is_made_shown_listed_and_deleted(iam: Iam) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    profile = iam.run("CreateInstanceProfile", InstanceProfileName="i", Path="/x/", Tags=tags)["InstanceProfile"]
    assert profile == {
        "Path": "/x/",
        "InstanceProfileName": "i",
        "InstanceProfileId": profile["InstanceProfileId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/x/i",
        "CreateDate": NOW,
        "Roles": [],
        "Tags": tags,
    }
    assert profile["InstanceProfileId"].startswith("AIPA")
    assert iam.run("GetInstanceProfile", InstanceProfileName="I")["InstanceProfile"] == profile
    del profile["Tags"]
    assert iam.run("ListInstanceProfiles", PathPrefix="/x/")["InstanceProfiles"] == [profile]
    assert iam.run("ListInstanceProfiles", PathPrefix="/y/")["InstanceProfiles"] == []
    iam.run("DeleteInstanceProfile", InstanceProfileName="i")
    assert iam.refused("GetInstanceProfile", InstanceProfileName="i") == (
        "NoSuchEntity",
        "Instance Profile i cannot be found.",
    )


def test_names_are_unique(iam: Iam) -> None:
    iam.run("CreateInstanceProfile", InstanceProfileName="i")
    assert iam.refused("CreateInstanceProfile", InstanceProfileName="I") == (
        "EntityAlreadyExists",
        "Instance Profile I already exists.",
    )


def test_a_profile_holds_one_role_and_keeps_itself_while_it_does(iam: Iam) -> None:
    iam.run("CreateInstanceProfile", InstanceProfileName="i")
    for name in ("one", "two"):
        iam.run("CreateRole", RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.run("AddRoleToInstanceProfile", InstanceProfileName="i", RoleName="one")
    for name in ("one", "two"):
        assert iam.refused("AddRoleToInstanceProfile", InstanceProfileName="i", RoleName=name) == (
            "LimitExceeded",
            "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
        )
    profile = iam.run("GetInstanceProfile", InstanceProfileName="i")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["one"]
    del profile["Tags"]
    assert iam.run("ListInstanceProfilesForRole", RoleName="one")["InstanceProfiles"] == [profile]
    assert iam.run("ListInstanceProfilesForRole", RoleName="two")["InstanceProfiles"] == []
    assert iam.refused("DeleteInstanceProfile", InstanceProfileName="i") == (
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
    )
    assert iam.refused("RemoveRoleFromInstanceProfile", InstanceProfileName="i", RoleName="two")[0] == "NoSuchEntity"
    iam.run("RemoveRoleFromInstanceProfile", InstanceProfileName="i", RoleName="one")
    iam.run("DeleteInstanceProfile", InstanceProfileName="i")


def test_profiles_carry_tags(iam: Iam) -> None:
    iam.run("CreateInstanceProfile", InstanceProfileName="i")
    iam.run("TagInstanceProfile", InstanceProfileName="i", Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}])
    iam.run("UntagInstanceProfile", InstanceProfileName="i", TagKeys=["a"])
    assert iam.run("ListInstanceProfileTags", InstanceProfileName="i")["Tags"] == [{"Key": "c", "Value": ""}]
