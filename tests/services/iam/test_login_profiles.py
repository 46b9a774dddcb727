"""Console passwords through the API."""

from __future__ import annotations

import pytest

from garrison.policy.principal import AssumedRoot, RoleSession, Root, User
from garrison.services.iam.login_profiles import profile_of
from garrison.services.iam.password import matches
from garrison.services.iam.resources import LoginProfile
from garrison.services.operation import OPERATIONS
from tests.services.iam.conftest import ACCOUNT, NOW, Iam

FIRST, SECOND, THIRD = "First-pass1", "Second-pass2", "Third-pass3"
VIOLATION = ("PasswordPolicyViolation", "Password does not conform to the account password policy.")
REUSE = (
    "PasswordPolicyViolation",
    "Policy constraint violation with password reuse prevention during password change.",
)


@pytest.fixture
def ana(iam: Iam) -> User:
    return iam.user("ana")


def profile(iam: Iam, owner: str) -> LoginProfile:
    with iam.runtime.store.reading() as reader:
        row = profile_of(reader, owner)
    assert row is not None
    return row.body


def test_a_password_is_given_shown_without_itself_and_taken_away(iam: Iam, ana: User) -> None:
    missing = ("NoSuchEntity", "Login Profile for User ana cannot be found.")
    assert iam.refused("GetLoginProfile", UserName="ana") == missing
    made = iam.run("CreateLoginProfile", UserName="ana", Password=FIRST, PasswordResetRequired=True)
    assert made == {"LoginProfile": {"UserName": "ana", "CreateDate": NOW, "PasswordResetRequired": True}}
    assert iam.run("GetLoginProfile", UserName="ana") == made
    assert matches(profile(iam, ana.id).password_hash, FIRST)
    assert iam.refused("CreateLoginProfile", UserName="ana", Password=SECOND) == (
        "EntityAlreadyExists",
        "Login Profile for user ana already exists.",
    )
    assert iam.refused("DeleteUser", UserName="ana") == (
        "DeleteConflict",
        "Cannot delete entity, must delete login profile first.",
    )
    iam.run("DeleteLoginProfile", UserName="ana")
    assert iam.refused("DeleteLoginProfile", UserName="ana") == missing
    assert iam.refused("UpdateLoginProfile", UserName="ana", Password=FIRST) == missing


def test_a_weak_password_is_refused(iam: Iam, ana: User) -> None:
    assert iam.refused("CreateLoginProfile", UserName="ana", Password="aaaaaaaa") == VIOLATION
    iam.run("UpdateAccountPasswordPolicy", MinimumPasswordLength=6)
    iam.run("CreateLoginProfile", UserName="ana", Password="aaaaaaaa")
    iam.run("UpdateAccountPasswordPolicy", MinimumPasswordLength=14)
    assert iam.refused("UpdateLoginProfile", UserName="ana", Password=FIRST) == VIOLATION


def test_an_administrator_changes_a_password_or_asks_for_another(iam: Iam, ana: User) -> None:
    iam.run("CreateLoginProfile", UserName="ana", Password=FIRST)
    iam.run("UpdateLoginProfile", UserName="ana", PasswordResetRequired=True)
    assert matches(profile(iam, ana.id).password_hash, FIRST)
    iam.clock.advance(60)
    iam.run("UpdateLoginProfile", UserName="ana", Password=SECOND)
    changed = profile(iam, ana.id)
    assert matches(changed.password_hash, SECOND)
    assert changed.reset_required
    assert changed.changed == NOW + 60


def test_a_user_changes_its_own_password_with_the_old_one(iam: Iam, ana: User) -> None:
    iam.run("CreateLoginProfile", UserName="ana", Password=FIRST, PasswordResetRequired=True)
    assert iam.refused("ChangePassword", by=ana, OldPassword=SECOND, NewPassword=THIRD) == (
        "AccessDenied",
        "The old password was incorrect.",
    )
    assert iam.refused("ChangePassword", by=ana, OldPassword=FIRST, NewPassword="weak") == VIOLATION
    iam.run("ChangePassword", by=ana, OldPassword=FIRST, NewPassword=SECOND)
    changed = profile(iam, ana.id)
    assert matches(changed.password_hash, SECOND)
    assert not changed.reset_required


def test_only_users_change_their_password(iam: Iam) -> None:
    session = RoleSession(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/r", "AROAX", "s")
    for caller in (Root(ACCOUNT), session):
        code, _ = iam.refused("ChangePassword", by=caller, OldPassword=FIRST, NewPassword=SECOND)
        assert code == "InvalidUserType"


def test_earlier_passwords_are_not_used_again(iam: Iam, ana: User) -> None:
    iam.run("UpdateAccountPasswordPolicy", PasswordReusePrevention=2)
    iam.run("CreateLoginProfile", UserName="ana", Password=FIRST)
    assert iam.refused("ChangePassword", by=ana, OldPassword=FIRST, NewPassword=FIRST) == REUSE
    iam.run("ChangePassword", by=ana, OldPassword=FIRST, NewPassword=SECOND)
    assert iam.refused("ChangePassword", by=ana, OldPassword=SECOND, NewPassword=FIRST) == REUSE
    assert iam.refused("UpdateLoginProfile", UserName="ana", Password=SECOND) == REUSE
    iam.run("ChangePassword", by=ana, OldPassword=SECOND, NewPassword=THIRD)
    iam.run("ChangePassword", by=ana, OldPassword=THIRD, NewPassword=FIRST)


def test_of_two_changes_at_the_same_time_one_wins(iam: Iam, ana: User) -> None:
    iam.run("CreateLoginProfile", UserName="ana", Password=FIRST)
    change = OPERATIONS["iam", "ChangePassword"]
    assert change.prepare is not None
    call = iam.call("ChangePassword", ana, OldPassword=FIRST, NewPassword=SECOND)
    with iam.runtime.store.reading() as reader:
        call.prepared = change.prepare(call, reader)
    iam.run("UpdateLoginProfile", UserName="ana", Password=THIRD)
    with pytest.raises(Exception, match="EntityTemporarilyUnmodifiable"):
        iam.runtime.store.writing(lambda tx: change.function(call, tx))
    assert matches(profile(iam, ana.id).password_hash, THIRD)


def test_root_names_a_user_and_an_assumed_root_session_means_root(iam: Iam) -> None:
    assert iam.refused("CreateLoginProfile", Password=FIRST)[0] == "ValidationError"
    session = AssumedRoot(ACCOUNT, "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword")
    assert iam.refused("CreateLoginProfile", by=session, Password=FIRST)[0] == "ValidationError"
    made = iam.run("CreateLoginProfile", by=session)
    assert made == {"LoginProfile": {"CreateDate": NOW, "PasswordResetRequired": False}}
    assert not matches(profile(iam, ACCOUNT).password_hash, "")
    iam.run("DeleteLoginProfile", by=session)
    assert iam.refused("GetLoginProfile", by=session)[0] == "NoSuchEntity"
