"""GetSessionToken: a user's own rights for a while, and MFA proved once for all of them."""

from __future__ import annotations

import pytest

from garrison.access.tokens import TokenExpired, open_token
from garrison.aws.errors import AwsError
from garrison.policy.principal import User
from tests.access.world import HOME, NOW, USER, World, allow, deny, trust

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def serial(caller_arn: str) -> str:
    return caller_arn.replace(":user/", ":mfa/")


def test_it_needs_no_permission_and_no_deny_takes_it_away(world: World) -> None:
    ana = world.user("ana", deny("*"))
    session = world.opened(world.call(ana, "GetSessionToken"))
    assert session.principal == ana.principal
    assert world.last is not None
    assert world.last.decision is not None
    assert world.last.decision.code == "ALLOW_NO_AUTHZ"


@pytest.mark.parametrize(("asked", "seconds"), [(None, 43_200), (900, 900), (129_600, 129_600)])
def test_a_users_session_lasts_as_asked(world: World, asked: int | None, seconds: int) -> None:
    params = {} if asked is None else {"DurationSeconds": asked}
    output = world.call(world.user("ana"), "GetSessionToken", **params)
    assert output["Credentials"]["Expiration"] == NOW + seconds


@pytest.mark.parametrize("asked", [None, 7200])
def test_roots_session_lasts_an_hour_at_most(world: World, asked: int | None) -> None:
    params = {} if asked is None else {"DurationSeconds": asked}
    output = world.call(world.root(), "GetSessionToken", **params)
    assert output["Credentials"]["Expiration"] == NOW + 3600


def test_mfa_proved_once_counts_for_later_calls_and_grows_old(world: World) -> None:
    young = {**MFA, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}
    ana = world.user("ana", allow("iam:ListUsers", Condition=young), secret_code="123456")
    session = world.opened(
        world.call(ana, "GetSessionToken", SerialNumber=serial(ana.principal.arn), TokenCode="123456")
    )
    with pytest.raises(AwsError):
        world.may(ana, "iam", "ListUsers")
    world.may(session, "iam", "ListUsers")
    world.clock.advance(299)
    world.may(session, "iam", "ListUsers")
    world.clock.advance(1)
    with pytest.raises(AwsError, match="iam:ListUsers"):
        world.may(session, "iam", "ListUsers")


def test_a_wrong_code_gives_nothing(world: World) -> None:
    ana = world.user("ana", secret_code="123456")
    with pytest.raises(AwsError, match="invalid MFA one time pass code"):
        world.call(ana, "GetSessionToken", SerialNumber=serial(ana.principal.arn), TokenCode="000000")


def test_a_session_that_proved_mfa_opens_a_role_that_wants_it(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"), secret_code="123456")
    role = world.role("admin", trust(f"arn:aws:iam::{HOME}:root", Condition=MFA), allow("iam:ListUsers", Condition=MFA))
    plain = world.opened(world.call(ana, "GetSessionToken"))
    with pytest.raises(AwsError, match="sts:AssumeRole"):
        world.assume(plain, role)
    proved = world.opened(
        world.call(ana, "GetSessionToken", SerialNumber=serial(ana.principal.arn), TokenCode="123456")
    )
    world.clock.advance(60)
    admin = world.assume(proved, role)
    assert admin.session is not None
    assert admin.session.mfa_at == NOW
    world.may(admin, "iam", "ListUsers")


def test_session_credentials_get_no_further_sessions(world: World) -> None:
    ana = world.user("ana", allow("*"))
    role = world.role("ops", trust(f"arn:aws:iam::{HOME}:root"), allow("*"))
    for session in (world.opened(world.call(ana, "GetSessionToken")), world.assume(ana, role)):
        for name, params in (("GetSessionToken", {}), ("GetFederationToken", {"Name": "bob"})):
            with pytest.raises(AwsError) as caught:
                world.call(session, name, **params)
            assert caught.value.code == "AccessDenied"
            assert caught.value.message == f"Cannot call {name} with session credentials"


def test_without_mfa_a_session_cannot_call_iam_nor_most_of_sts(world: World) -> None:
    ana = world.user("ana", allow("*"), secret_code="123456")
    plain = world.opened(world.call(ana, "GetSessionToken"))
    with pytest.raises(AwsError) as caught:
        world.may(plain, "iam", "ListUsers")
    assert caught.value.code == "InvalidClientTokenId"
    with pytest.raises(AwsError, match="sts:GetAccessKeyInfo"):
        world.call(plain, "GetAccessKeyInfo", AccessKeyId="AKIAQAAAAAAAAAAAAAAA")
    world.call(plain, "GetCallerIdentity")


def test_the_session_of_a_deleted_user_dies(world: World) -> None:
    ana = world.user("ana", allow("*"))
    session = world.opened(world.call(ana, "GetSessionToken"))
    world.remove(USER, "ana")
    for caller in (ana, session):
        with pytest.raises(AwsError) as caught:
            world.call(caller, "GetCallerIdentity")
        assert caught.value.code == "InvalidClientTokenId"
    again = world.user("ana", allow("*"))
    world.call(again, "GetCallerIdentity")
    with pytest.raises(AwsError, match="InvalidClientTokenId"):
        world.call(session, "GetCallerIdentity")


def test_a_session_ends_when_it_ends(world: World) -> None:
    credentials = world.call(world.user("ana"), "GetSessionToken", DurationSeconds=900)["Credentials"]
    world.clock.advance(900)
    with pytest.raises(TokenExpired):
        open_token(world.runtime, credentials["SessionToken"], credentials["AccessKeyId"])


def test_older_sessions_can_be_revoked_by_policy(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(f"arn:aws:iam::{HOME}:root"), allow("*"))
    old = world.assume(ana, role)
    world.clock.advance(10)
    revoke = {"DateLessThan": {"aws:TokenIssueTime": "2027-01-15T08:00:05Z"}}
    world.role("ops", trust(f"arn:aws:iam::{HOME}:root"), allow("*"), deny("*", Condition=revoke))
    with pytest.raises(AwsError, match="explicit deny"):
        world.may(old, "iam", "ListUsers")
    world.may(world.assume(ana, role), "iam", "ListUsers")


def test_the_token_may_be_asked_to_be_large(world: World) -> None:
    output = world.call(world.user("ana"), "GetSessionToken", MinimumSessionTokenSize=4096)
    assert output["SessionTokenSize"] >= 4096
    assert output["SessionTokenUtilization"] == 100
    assert isinstance(world.opened(output).principal, User)
