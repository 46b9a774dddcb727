"""Users, as CreateUser and its kin make, show, change and delete them."""

from __future__ import annotations

import pytest

from garrison.policy.principal import RoleSession, Root
from tests.services.iam.conftest import ACCOUNT, NOW, OTHER_ACCOUNT, Iam


def test_a_new_user_is_shown_with_its_arn_id_and_time(iam: Iam) -> None:
    user = iam.run("CreateUser", UserName="ana", Path="/staff/")["User"]
    assert user == {
        "Path": "/staff/",
        "UserName": "ana",
        "UserId": user["UserId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/staff/ana",
        "CreateDate": NOW,
    }
    assert len(user["UserId"]) == 21
    assert user["UserId"].startswith("AIDA")
    assert iam.run("GetUser", UserName="ana")["User"] == user


def test_names_are_unique_whatever_their_case_and_keep_it(iam: Iam) -> None:
    iam.run("CreateUser", UserName="Ana")
    assert iam.refused("CreateUser", UserName="ana") == ("EntityAlreadyExists", "User with name ana already exists.")
    assert iam.run("GetUser", UserName="ANA")["User"]["UserName"] == "Ana"


def test_another_account_has_its_own_users(iam: Iam) -> None:
    iam.run("CreateUser", UserName="ana")
    iam.run("CreateUser", by=Root(OTHER_ACCOUNT), UserName="ana")
    iam.run("DeleteUser", by=Root(OTHER_ACCOUNT), UserName="ana")
    assert iam.run("GetUser", UserName="ana")["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ana"


@pytest.mark.parametrize("operation", ["GetUser", "UpdateUser", "DeleteUser", "ListUserTags", "ListGroupsForUser"])
def test_an_unknown_user_cannot_be_found(iam: Iam, operation: str) -> None:
    assert iam.refused(operation, UserName="nobody") == (
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    )


def test_get_user_without_a_name_shows_the_caller(iam: Iam) -> None:
    ana = iam.user("ana")
    assert iam.run("GetUser", by=ana)["User"]["UserId"] == ana.id
    root = iam.run("GetUser")["User"]
    assert root == {"UserId": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root", "CreateDate": NOW}


def test_a_role_session_must_name_a_user(iam: Iam) -> None:
    session = RoleSession(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/r", "AROAX", "s")
    assert iam.refused("GetUser", by=session) == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )


def test_lists_come_in_pages_by_name_and_leave_out_tags(iam: Iam) -> None:
    for name in ("carl", "Ana", "bob"):
        iam.run("CreateUser", UserName=name, Tags=[{"Key": "k", "Value": "v"}])
    first = iam.run("ListUsers", MaxItems=2)
    assert [u["UserName"] for u in first["Users"]] == ["Ana", "bob"]
    assert first["IsTruncated"] is True
    assert all("Tags" not in user for user in first["Users"])
    rest = iam.run("ListUsers", MaxItems=2, Marker=first["Marker"])
    assert [u["UserName"] for u in rest["Users"]] == ["carl"]
    assert rest["IsTruncated"] is False
    assert "Marker" not in rest


def test_a_page_is_full_though_a_path_prefix_hides_most(iam: Iam) -> None:
    for n in range(12):
        iam.run("CreateUser", UserName=f"u{n:02d}", Path="/odd/" if n % 5 == 0 else "/even/")
    first = iam.run("ListUsers", PathPrefix="/od", MaxItems=2)
    assert [u["UserName"] for u in first["Users"]] == ["u00", "u05"]
    rest = iam.run("ListUsers", PathPrefix="/od", MaxItems=2, Marker=first["Marker"])
    assert [u["UserName"] for u in rest["Users"]] == ["u10"]
    assert not rest["IsTruncated"]


def test_a_marker_nobody_gave_is_invalid(iam: Iam) -> None:
    for name in ("ana", "bob"):
        iam.run("CreateUser", UserName=name)
        iam.run("CreateGroup", GroupName=name)
    stolen = iam.run("ListGroups", MaxItems=1)["Marker"]
    for marker in ("x", "????", "AAAA", "AAAAAAAAAAAA", stolen):
        assert iam.refused("ListUsers", Marker=marker) == ("ValidationError", "Invalid Marker.")


def test_a_deleted_user_does_not_disturb_the_next_page(iam: Iam) -> None:
    for name in ("ana", "bob", "carl"):
        iam.run("CreateUser", UserName=name)
    first = iam.run("ListUsers", MaxItems=2)
    iam.run("DeleteUser", UserName="bob")
    assert [u["UserName"] for u in iam.run("ListUsers", Marker=first["Marker"])["Users"]] == ["carl"]


def test_renaming_changes_the_arn_and_keeps_id_groups_and_keys(iam: Iam) -> None:
    ana = iam.user("ana")
    iam.run("CreateGroup", GroupName="devs")
    iam.run("AddUserToGroup", GroupName="devs", UserName="ana")
    key = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    before = iam.epoch()
    iam.run("UpdateUser", UserName="ana", NewUserName="anna", NewPath="/x/")
    assert iam.epoch() > before
    user = iam.run("GetUser", UserName="anna")["User"]
    assert (user["UserId"], user["Arn"]) == (ana.id, f"arn:aws:iam::{ACCOUNT}:user/x/anna")
    assert [u["UserName"] for u in iam.run("GetGroup", GroupName="devs")["Users"]] == ["anna"]
    assert iam.run("GetAccessKeyLastUsed", AccessKeyId=key)["UserName"] == "anna"
    assert iam.refused("GetUser", UserName="ana")[0] == "NoSuchEntity"


def test_a_user_may_change_the_case_of_its_name_but_not_take_anothers(iam: Iam) -> None:
    iam.user("ana")
    iam.user("bob")
    iam.run("UpdateUser", UserName="ana", NewUserName="ANA")
    assert iam.run("GetUser", UserName="ana")["User"]["UserName"] == "ANA"
    assert iam.refused("UpdateUser", UserName="ana", NewUserName="Bob") == (
        "EntityAlreadyExists",
        "User with name Bob already exists.",
    )


def test_a_user_in_use_is_not_deleted(iam: Iam) -> None:
    iam.user("ana")
    iam.run("CreateGroup", GroupName="devs")
    iam.run("AddUserToGroup", GroupName="devs", UserName="ana")
    key = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    assert iam.refused("DeleteUser", UserName="ana") == (
        "DeleteConflict",
        "Cannot delete entity, must delete access keys first.",
    )
    iam.run("DeleteAccessKey", UserName="ana", AccessKeyId=key)
    assert iam.refused("DeleteUser", UserName="ana") == (
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    )
    iam.run("RemoveUserFromGroup", GroupName="devs", UserName="ana")
    before = iam.epoch()
    iam.run("DeleteUser", UserName="ana")
    assert iam.epoch() > before
    assert iam.refused("DeleteUser", UserName="ana")[0] == "NoSuchEntity"


def test_a_user_made_again_has_another_id(iam: Iam) -> None:
    first = iam.user("ana")
    iam.run("DeleteUser", UserName="ana")
    second = iam.user("ana")
    assert first.id != second.id
    assert iam.refused("GetUser", by=first) == ("NoSuchEntity", "The user with name ana cannot be found.")
