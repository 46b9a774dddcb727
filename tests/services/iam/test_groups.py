"""Groups and their members."""

from __future__ import annotations

from garrison.services.iam import quotas
from tests.services.iam.conftest import ACCOUNT, NOW, Iam


def test_a_group_is_shown_with_its_members_in_pages(iam: Iam) -> None:
    group = iam.run("CreateGroup", GroupName="devs", Path="/it/")["Group"]
    assert group == {
        "Path": "/it/",
        "GroupName": "devs",
        "GroupId": group["GroupId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:group/it/devs",
        "CreateDate": NOW,
    }
    assert group["GroupId"].startswith("AGPA")
    for name in ("carl", "Bob", "ana"):
        iam.user(name)
        iam.run("AddUserToGroup", GroupName="DEVS", UserName=name)
    first = iam.run("GetGroup", GroupName="devs", MaxItems=2)
    assert first["Group"] == group
    assert [u["UserName"] for u in first["Users"]] == ["ana", "Bob"]
    rest = iam.run("GetGroup", GroupName="devs", Marker=first["Marker"])
    assert [u["UserName"] for u in rest["Users"]] == ["carl"]
    assert rest["IsTruncated"] is False


def test_joining_twice_is_joining_once_and_leaving_twice_is_an_error(iam: Iam) -> None:
    iam.user("ana")
    iam.run("CreateGroup", GroupName="devs")
    iam.run("AddUserToGroup", GroupName="devs", UserName="ana")
    joined = iam.epoch()
    iam.run("AddUserToGroup", GroupName="devs", UserName="ana")
    assert iam.epoch() == joined
    assert len(iam.run("ListGroupsForUser", UserName="ana")["Groups"]) == 1
    iam.run("RemoveUserFromGroup", GroupName="devs", UserName="ana")
    assert iam.epoch() > joined
    assert iam.refused("RemoveUserFromGroup", GroupName="devs", UserName="ana")[0] == "NoSuchEntity"


def test_a_user_is_in_ten_groups_at_most(iam: Iam) -> None:
    iam.user("ana")
    for n in range(11):
        iam.run("CreateGroup", GroupName=f"g{n:02d}")
    for n in range(10):
        iam.run("AddUserToGroup", GroupName=f"g{n:02d}", UserName="ana")
    assert iam.refused("AddUserToGroup", GroupName="g10", UserName="ana") == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerUser: 10",
    )
    shown = iam.run("ListGroupsForUser", UserName="ana", MaxItems=9)
    assert len(shown["Groups"]) == 9
    assert [g["GroupName"] for g in iam.run("ListGroupsForUser", UserName="ana", Marker=shown["Marker"])["Groups"]] == [
        "g09"
    ]


def test_a_group_with_members_is_not_deleted(iam: Iam) -> None:
    iam.user("ana")
    iam.run("CreateGroup", GroupName="devs")
    iam.run("AddUserToGroup", GroupName="devs", UserName="ana")
    assert iam.refused("DeleteGroup", GroupName="devs") == (
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    )
    iam.run("RemoveUserFromGroup", GroupName="devs", UserName="ana")
    iam.run("DeleteGroup", GroupName="devs")
    assert iam.refused("GetGroup", GroupName="devs") == (
        "NoSuchEntity",
        "The group with name devs cannot be found.",
    )


def test_a_renamed_group_keeps_its_members(iam: Iam) -> None:
    iam.user("ana")
    iam.run("CreateGroup", GroupName="devs")
    iam.run("CreateGroup", GroupName="ops")
    iam.run("AddUserToGroup", GroupName="devs", UserName="ana")
    iam.run("UpdateGroup", GroupName="devs", NewGroupName="Builders", NewPath="/b/")
    assert [g["Arn"] for g in iam.run("ListGroupsForUser", UserName="ana")["Groups"]] == [
        f"arn:aws:iam::{ACCOUNT}:group/b/Builders"
    ]
    assert iam.refused("UpdateGroup", GroupName="ops", NewGroupName="builders") == (
        "EntityAlreadyExists",
        "Group with name builders already exists.",
    )
    assert iam.refused("CreateGroup", GroupName="OPS") == (
        "EntityAlreadyExists",
        "Group with name OPS already exists.",
    )


def test_groups_are_listed_by_path_prefix(iam: Iam) -> None:
    iam.run("CreateGroup", GroupName="a", Path="/x/")
    iam.run("CreateGroup", GroupName="b", Path="/y/")
    assert [g["GroupName"] for g in iam.run("ListGroups", PathPrefix="/y")["Groups"]] == ["b"]
    assert len(iam.run("ListGroups")["Groups"]) == 2


def test_an_account_has_no_more_groups_than_its_quota(iam: Iam) -> None:
    for n in range(quotas.GROUPS):
        iam.run("CreateGroup", GroupName=f"g{n}")
    assert iam.refused("CreateGroup", GroupName="one-more") == (
        "LimitExceeded",
        f"Cannot exceed quota for GroupsPerAccount: {quotas.GROUPS}",
    )
