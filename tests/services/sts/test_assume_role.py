"""AssumeRole: who may, what the session carries, and what it can never do."""

from __future__ import annotations

import hashlib
import json

import pytest

from garrison.aws.errors import AwsError
from garrison.policy.principal import RoleSession
from tests.access.world import (
    AWAY,
    HOME,
    MANAGED,
    NOW,
    ROLE,
    Entity,
    World,
    allow,
    deny,
    trust,
)

ROOT = f"arn:aws:iam::{HOME}:root"


def refused(world: World, *args: object, **params: object) -> AwsError:
    with pytest.raises(AwsError) as caught:
        world.call(*args, **params)  # type: ignore[arg-type]
    return caught.value


def test_a_role_switch_gives_exactly_the_roles_rights_and_the_users_come_back(world: World) -> None:
    ana = world.user("ana", allow(["iam:ListUsers", "sts:AssumeRole"]))
    role = world.role("reader", trust(ROOT), allow("iam:ListRoles"))
    session = world.assume(ana, role)
    world.may(session, "iam", "ListRoles")
    with pytest.raises(AwsError, match="iam:ListUsers"):
        world.may(session, "iam", "ListUsers")
    with pytest.raises(AwsError, match="sts:AssumeRole"):
        world.assume(session, role)
    world.may(ana, "iam", "ListUsers")
    with pytest.raises(AwsError, match="iam:ListRoles"):
        world.may(ana, "iam", "ListRoles")


def test_the_answer_names_the_session(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("reader", trust(ROOT), path="/ops/")
    output = world.call(ana, "AssumeRole", RoleArn=role, RoleSessionName="night", DurationSeconds=900)
    session = world.opened(output)
    assert isinstance(session.principal, RoleSession)
    assert output["AssumedRoleUser"] == {
        "Arn": f"arn:aws:sts::{HOME}:assumed-role/reader/night",
        "AssumedRoleId": f"{session.principal.role_id}:night",
    }
    assert output["Credentials"]["Expiration"] == NOW + 900
    assert output["SessionTokenSize"] == len(output["Credentials"]["SessionToken"])
    assert "PackedPolicySize" not in output
    assert session.principal.role_arn == role


def test_trust_in_the_account_needs_an_identity_policy_too(world: World) -> None:
    ben = world.user("ben")
    role = world.role("reader", trust(ROOT))
    error = refused(world, ben, "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert error.code == "AccessDenied"
    assert error.status == 403
    assert error.message.startswith(
        f"User: {ben.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_trust_in_the_user_itself_needs_no_identity_policy(world: World) -> None:
    ben = world.user("ben")
    role = world.role("reader", trust(ben.principal.arn))
    world.assume(ben, role)


def test_an_identity_policy_alone_does_not_open_a_role(world: World) -> None:
    ana = world.user("ana", allow("*"))
    cid = world.user("cid")
    role = world.role("reader", trust(cid.principal.arn))
    assert refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1").code == "AccessDenied"


def test_an_explicit_deny_of_the_user_wins_over_its_trust(world: World) -> None:
    ben = world.user("ben", deny("sts:AssumeRole"))
    role = world.role("reader", trust(ben.principal.arn))
    error = refused(world, ben, "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert "explicit deny in an identity-based policy" in error.message


def test_across_accounts_both_sides_must_allow(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    ben = world.user("ben")
    open_role = world.role("open", trust(ROOT), account=AWAY)
    named = world.role("named", trust(ben.principal.arn), account=AWAY)
    shut = world.role("shut", trust(f"arn:aws:iam::{AWAY}:root"), account=AWAY)
    session = world.assume(ana, open_role)
    assert session.account == AWAY
    assert world.last is not None
    assert world.last.shared_with == (AWAY,)
    for caller, role in ((ben, named), (ben, open_role), (ana, named), (ana, shut)):
        assert refused(world, caller, "AssumeRole", RoleArn=role, RoleSessionName="s1").code == "AccessDenied"


def test_a_call_within_the_account_is_shared_with_nobody(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    world.assume(ana, world.role("reader", trust(ROOT)))
    assert world.last is not None
    assert world.last.shared_with == ()


def test_a_role_that_is_not_there_looks_like_one_that_trusts_nobody(world: World) -> None:
    ana = world.user("ana", allow("*"))
    cid = world.user("cid")
    role = world.role("real", trust(cid.principal.arn))
    real = refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1")
    missing = refused(world, ana, "AssumeRole", RoleArn=role.replace("real", "none"), RoleSessionName="s1")
    assert missing.code == real.code == "AccessDenied"
    assert missing.message == real.message.replace("real", "none")


def test_roles_are_not_for_root(world: World) -> None:
    role = world.role("reader", trust(ROOT))
    error = refused(world, world.root(), "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert (error.code, error.message) == ("AccessDenied", "Roles may not be assumed by root accounts.")


@pytest.mark.parametrize(("given", "good"), [("secret-1", True), ("secret-2", False), (None, False)])
def test_the_external_id_must_be_the_one_the_role_asks_for(world: World, given: str | None, good: bool) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    condition = {"StringEquals": {"sts:ExternalId": "secret-1"}}
    role = world.role("partner", trust(ROOT, Condition=condition), account=AWAY)
    params = {} if given is None else {"ExternalId": given}
    if good:
        world.assume(ana, role, **params)
    else:
        assert refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", **params).code == "AccessDenied"


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_a_code_given_with_the_call_opens_a_role_that_wants_mfa(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"), secret_code="123456")
    role = world.role("admin", trust(ROOT, Condition=MFA), allow("iam:ListUsers", Condition=MFA))
    serial = ana.principal.arn.replace(":user/", ":mfa/")
    assert refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1").code == "AccessDenied"
    wrong = refused(
        world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", SerialNumber=serial, TokenCode="654321"
    )
    assert (wrong.code, wrong.message) == (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
    )
    session = world.assume(ana, role, SerialNumber=serial, TokenCode="123456")
    assert session.session is not None
    assert session.session.mfa_at == NOW
    world.may(session, "iam", "ListUsers")
    again = refused(
        world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", SerialNumber=serial, TokenCode="123456"
    )
    assert again.code == "AccessDenied"


@pytest.mark.parametrize("half", [{"SerialNumber": "arn:aws:iam::1:mfa/x"}, {"TokenCode": "123456"}])
def test_half_an_mfa_proof_proves_nothing(world: World, half: dict[str, str]) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"), secret_code="123456")
    wants = world.role("admin", trust(ROOT, Condition=MFA))
    easy = world.role("easy", trust(ROOT))
    assert refused(world, ana, "AssumeRole", RoleArn=wants, RoleSessionName="s1", **half).code == "AccessDenied"
    assert "must provide both" in refused(world, ana, "AssumeRole", RoleArn=easy, RoleSessionName="s1", **half).message


def test_another_users_device_proves_nothing(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"), secret_code="123456")
    ben = world.user("ben", allow("sts:AssumeRole"), secret_code="123456")
    role = world.role("admin", trust(ROOT, Condition=MFA))
    serial = ana.principal.arn.replace(":user/", ":mfa/")
    error = refused(
        world, ben, "AssumeRole", RoleArn=role, RoleSessionName="s1", SerialNumber=serial, TokenCode="123456"
    )
    assert "invalid MFA" in error.message


def test_a_session_policy_only_takes_away(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT), allow(["iam:ListUsers", "iam:ListRoles"]))
    session = world.assume(ana, role, Policy=allow(["iam:ListUsers", "iam:ListGroups"]))
    world.may(session, "iam", "ListUsers")
    for name in ("ListRoles", "ListGroups"):
        with pytest.raises(AwsError, match="AccessDenied"):
            world.may(session, "iam", name)
    assert world.last is not None
    assert world.last.decision is not None
    assert world.last.decision.code == "DENY_IMPLICIT_IDENTITY"


def test_a_managed_session_policy_limits_and_is_honoured_as_it_is_now(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT), allow(["iam:ListUsers", "iam:ListRoles"]))
    world.put(MANAGED, "only", Entity({"document": allow("iam:ListUsers")}))
    arn = f"arn:aws:iam::{HOME}:policy/only"
    output = world.call(ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", PolicyArns=[{"arn": arn}])
    assert 0 < output["PackedPolicySize"] <= 100
    session = world.opened(output)
    world.may(session, "iam", "ListUsers")
    with pytest.raises(AwsError, match="session policy"):
        world.may(session, "iam", "ListRoles")
    world.put(MANAGED, "only", Entity({"document": allow("iam:ListRoles")}))
    world.may(session, "iam", "ListRoles")
    world.remove(MANAGED, "only")
    for name in ("ListUsers", "ListRoles"):
        with pytest.raises(AwsError, match="session policy"):
            world.may(session, "iam", name)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": '{"Version":"2012-10-17","Statement":[]}'}, "MalformedPolicyDocument"),
        ({"Policy": allow("iam:ListUsers") + " " * 2048}, "ValidationError"),
        ({"PolicyArns": [{"arn": f"arn:aws:iam::{HOME}:policy/none"}]}, "ValidationError"),
        ({"PolicyArns": [{"arn": f"arn:aws:iam::{AWAY}:policy/only"}]}, "ValidationError"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:nonsense/only"}]}, "ValidationError"),
        ({"PolicyArns": [{"arn": f"arn:aws:iam::{HOME}:policy/p{i}"} for i in range(11)]}, "ValidationError"),
        ({"DurationSeconds": 7201}, "ValidationError"),
        ({"SourceIdentity": "aws:me"}, "ValidationError"),
    ],
)
def test_what_cannot_be_passed_is_refused_in_awss_terms(world: World, params: dict[str, object], code: str) -> None:
    world.put(MANAGED, "only", Entity({"document": allow("*")}), AWAY)
    ana = world.user("ana", allow("sts:*"))
    role = world.role("ops", trust(ROOT, actions=["sts:AssumeRole", "sts:SetSourceIdentity"]), max_session=7200)
    assert refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", **params).code == code


def test_policies_and_tags_that_pack_too_large_are_refused(world: World) -> None:
    ana = world.user("ana", allow("sts:*"))
    role = world.role("ops", trust(ROOT, actions=["sts:AssumeRole", "sts:TagSession"]))
    tags = [{"Key": f"k{i}", "Value": hashlib.sha512(str(i).encode()).hexdigest()} for i in range(50)]
    error = refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", Tags=tags)
    assert error.code == "PackedPolicyTooLarge"


def test_the_duration_may_reach_the_roles_maximum(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT), max_session=7200)
    output = world.call(ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", DurationSeconds=7200)
    assert output["Credentials"]["Expiration"] == NOW + 7200
    error = refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", DurationSeconds=7201)
    assert error.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_a_chained_session_lasts_an_hour_at_most(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    first = world.role("first", trust(ROOT), allow("sts:AssumeRole"), max_session=43200)
    second = world.role("second", trust(ROOT), max_session=43200)
    chained = world.assume(world.assume(ana, first), second, DurationSeconds=3600)
    assert chained.session is not None
    assert chained.session.chained
    error = refused(
        world, world.assume(ana, first), "AssumeRole", RoleArn=second, RoleSessionName="s1", DurationSeconds=3601
    )
    assert error.code == "ValidationError"
    assert "1 hour session limit" in error.message


TAGGING = ("sts:AssumeRole", "sts:TagSession")


def tag(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_session_tags_are_principal_tags_and_win_over_the_roles(world: World) -> None:
    ana = world.user("ana", allow(TAGGING))
    role = world.role(
        "ops",
        trust(ROOT, actions=TAGGING),
        allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}}),
        tags={"team": "red"},
    )
    with pytest.raises(AwsError):
        world.may(world.assume(ana, role), "iam", "ListUsers")
    world.may(world.assume(ana, role, Tags=tag(Team="blue")), "iam", "ListUsers")


def test_passing_tags_needs_tag_session_from_both_sides(world: World) -> None:
    ana = world.user("ana", allow(TAGGING))
    ben = world.user("ben", allow("sts:AssumeRole"))
    silent = world.role("silent", trust(ROOT))
    willing = world.role("willing", trust(ROOT, actions=TAGGING))
    for caller, role in ((ana, silent), (ben, willing)):
        error = refused(world, caller, "AssumeRole", RoleArn=role, RoleSessionName="s1", Tags=tag(a="b"))
        assert "sts:TagSession" in error.message
    world.assume(ana, willing, Tags=tag(a="b"))


def test_transitive_tags_go_down_the_chain_and_others_stay_behind(world: World) -> None:
    ana = world.user("ana", allow(TAGGING))
    roles = [world.role(f"r{i}", trust(ROOT, actions=TAGGING), allow(TAGGING)) for i in range(3)]
    first = world.assume(ana, roles[0], Tags=tag(Team="blue", desk="7"), TransitiveTagKeys=["team"])
    second = world.assume(first, roles[1], Tags=tag(extra="1"))
    third = world.assume(second, roles[2])
    assert second.session is not None
    assert third.session is not None
    assert second.session.tags == {"extra": "1", "Team": "blue"}
    assert third.session.tags == {"Team": "blue"}
    assert third.session.transitive == ("Team",)


def test_a_transitive_tag_cannot_be_overridden(world: World) -> None:
    ana = world.user("ana", allow(TAGGING))
    roles = [world.role(f"r{i}", trust(ROOT, actions=TAGGING), allow(TAGGING)) for i in range(2)]
    first = world.assume(ana, roles[0], Tags=tag(team="blue"), TransitiveTagKeys=["team"])
    error = refused(world, first, "AssumeRole", RoleArn=roles[1], RoleSessionName="s1", Tags=tag(TEAM="red"))
    assert error.code == "InvalidParameterValue"
    assert "conflicts with a transitive tag" in error.message


def test_inherited_tags_need_tag_session_on_the_next_role(world: World) -> None:
    ana = world.user("ana", allow(TAGGING))
    tagged = world.role("tagged", trust(ROOT, actions=TAGGING), allow(TAGGING))
    plain = world.role("plain", trust(ROOT))
    first = world.assume(ana, tagged, Tags=tag(team="blue"), TransitiveTagKeys=["team"])
    assert "sts:TagSession" in refused(world, first, "AssumeRole", RoleArn=plain, RoleSessionName="s1").message


@pytest.mark.parametrize(
    "params",
    [
        {"Tags": tag(a="1", A="2")},
        {"Tags": [{"Key": "aws:x", "Value": "1"}]},
        {"TransitiveTagKeys": ["team"]},
        {"Tags": tag(a="1"), "TransitiveTagKeys": ["b"]},
    ],
)
def test_tags_that_make_no_sense_are_refused(world: World, params: dict[str, object]) -> None:
    ana = world.user("ana", allow(TAGGING))
    role = world.role("ops", trust(ROOT, actions=TAGGING))
    error = refused(world, ana, "AssumeRole", RoleArn=role, RoleSessionName="s1", **params)
    assert error.code == "InvalidParameterValue"


NAMING = ("sts:AssumeRole", "sts:SetSourceIdentity")


def test_a_source_identity_sticks_to_the_whole_chain(world: World) -> None:
    ana = world.user("ana", allow(NAMING))
    known = {"StringEquals": {"aws:SourceIdentity": "Ana"}}
    roles = [
        world.role(f"r{i}", trust(ROOT, actions=NAMING), allow(NAMING), allow("iam:ListUsers", Condition=known))
        for i in range(2)
    ]
    output = world.call(ana, "AssumeRole", RoleArn=roles[0], RoleSessionName="s1", SourceIdentity="Ana")
    assert output["SourceIdentity"] == "Ana"
    first = world.opened(output)
    world.may(first, "iam", "ListUsers")
    second = world.assume(first, roles[1])
    world.may(second, "iam", "ListUsers")
    error = refused(world, first, "AssumeRole", RoleArn=roles[1], RoleSessionName="s1", SourceIdentity="Eve")
    assert error.code == "AccessDenied"
    assert "sts:SetSourceIdentity" in error.message
    world.assume(first, roles[1], SourceIdentity="Ana")


def test_an_inherited_source_identity_must_be_allowed_by_the_next_role(world: World) -> None:
    ana = world.user("ana", allow(NAMING))
    first = world.assume(ana, world.role("first", trust(ROOT, actions=NAMING), allow(NAMING)), SourceIdentity="Ana")
    plain = world.role("plain", trust(ROOT))
    error = refused(world, first, "AssumeRole", RoleArn=plain, RoleSessionName="s1")
    assert "sts:SetSourceIdentity" in error.message


def test_the_session_of_a_deleted_role_dies_and_is_not_raised_by_its_namesake(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT), allow("*"))
    session = world.assume(ana, role)
    world.may(session, "iam", "ListUsers")
    world.remove(ROLE, "ops")
    for _ in range(2):
        for service, name in (("iam", "ListUsers"), ("sts", "GetCallerIdentity")):
            with pytest.raises(AwsError) as caught:
                world.may(session, service, name)
            assert caught.value.code == "InvalidClientTokenId"
        world.role("ops", trust(ROOT), allow("*"))


def test_the_policies_of_a_session_survive_the_token(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT), allow("*"))
    text = json.dumps(json.loads(allow("iam:ListUsers")), indent=2)
    session = world.assume(ana, role, Policy=text)
    assert session.session is not None
    assert session.session.policies == (text,)
    assert session.session.issuer_key == ana.access_key_id


@pytest.mark.parametrize(
    "arn", ["this is not an arn at all", f"arn:aws:iam::{HOME}:user/ana", f"arn:aws:s3:::{HOME}/x"]
)
def test_what_is_no_role_arn_is_said_to_be_invalid(world: World, arn: str) -> None:
    error = refused(world, world.user("ana", allow("*")), "AssumeRole", RoleArn=arn, RoleSessionName="s1")
    assert (error.code, error.message) == ("ValidationError", f"{arn} is invalid")
