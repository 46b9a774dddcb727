"""Deciding a call: everything it means must be allowed, by the policies as they are at that moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from garrison.access import organization
from garrison.access.authorize import authorize, still_stands
from garrison.access.caller import Caller
from garrison.access.organization import Membership
from garrison.aws.errors import AwsError
from garrison.policy.document import Document
from garrison.policy.principal import Anonymous, RoleSession
from garrison.policy.request import AttachedPolicy, PolicyType
from tests.access.world import AWAY, HOME, USER, Entity, World, allow, deny, policy, trust

ROOT = f"arn:aws:iam::{HOME}:root"


def denied(world: World, caller: Caller, service: str, operation: str, **params: object) -> AwsError:
    with pytest.raises(AwsError) as caught:
        world.may(caller, service, operation, **params)
    return caught.value


def code(world: World) -> str:
    assert world.last is not None
    assert world.last.decision is not None
    return world.last.decision.code


def test_a_user_may_what_its_policies_allow_and_no_more(world: World) -> None:
    ana = world.user("ana", allow("iam:GetUser", f"arn:aws:iam::{HOME}:user/ana"))
    world.user("ben")
    world.may(ana, "iam", "GetUser", UserName="ana")
    assert code(world) == "ALLOW_IDENTITY"
    error = denied(world, ana, "iam", "GetUser", UserName="ben")
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: arn:aws:iam::{HOME}:user/ana is not authorized to perform: iam:GetUser on resource: "
        f"arn:aws:iam::{HOME}:user/ben because no identity-based policy allows the iam:GetUser action"
    )


def test_the_very_next_call_obeys_a_changed_policy(world: World) -> None:
    ana = world.user("ana", allow("iam:ListUsers"))
    for _ in range(3):
        world.may(ana, "iam", "ListUsers")
        world.put(USER, "ana", Entity({}))
        denied(world, ana, "iam", "ListUsers")
        world.put(USER, "ana", Entity({"p": allow("iam:ListUsers")}))


def test_policies_are_gathered_once_while_nothing_changes(world: World) -> None:
    ana = world.user("ana", allow("iam:ListUsers"))
    for _ in range(5):
        world.may(ana, "iam", "ListUsers")
        world.may(copied(ana), "iam", "ListUsers")
    assert world.people.reads == 1
    world.user("ben")
    world.may(ana, "iam", "ListUsers")
    assert world.people.reads == 2


def copied(caller: Caller) -> Caller:
    return Caller(caller.principal, caller.access_key_id, caller.session)


def test_the_plan_of_one_key_never_serves_another_caller(world: World) -> None:
    ana = world.user("ana", allow("iam:ListUsers"))
    ben = world.user("ben")
    world.may(ana, "iam", "ListUsers")
    denied(world, Caller(ben.principal, ana.access_key_id), "iam", "ListUsers")


def test_a_decision_is_stale_once_an_epoch_it_rests_on_moves(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("open", trust(ROOT), account=AWAY)
    call = world.may(ana, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert {(domain, account) for domain, account, _ in call.epochs} == {("iam", HOME), ("iam", AWAY)}
    with world.store.reading() as reader:
        assert still_stands(call, reader)
    world.role("open", trust(f"arn:aws:iam::{AWAY}:root"), account=AWAY)
    with world.store.reading() as reader:
        assert not still_stands(call, reader)
        with pytest.raises(AwsError):
            authorize(call, reader)


def test_a_call_nobody_can_explain_is_refused(world: World) -> None:
    root = world.root()
    error = denied(world, root, "iam", "NoSuchOperation")
    assert error.code == "AccessDenied"
    assert error.message == f"User: {ROOT} is not authorized to perform: iam:NoSuchOperation"
    assert code(world) == "DENY_UNMAPPED"


def test_root_may_everything_in_its_account_and_nothing_elsewhere(world: World) -> None:
    world.user("ana")
    world.user("eve", account=AWAY)
    world.may(world.root(), "iam", "DeleteUser", UserName="ana")
    assert code(world) == "ALLOW_ROOT"


def test_nobody_needs_no_permission_for_nothing(world: World) -> None:
    nobody = Caller(Anonymous())
    for name in ("GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"):
        assert denied(world, nobody, "sts", name, AccessKeyId="AKIAQAAAAAAAAAAAAAAA").code == "AccessDenied"


def test_every_check_must_allow_and_the_first_denial_is_reported(world: World) -> None:
    both = ["sts:AssumeRole", "sts:TagSession"]
    role = world.role("ops", trust(ROOT, actions=both))
    tags = [{"Key": "a", "Value": "b"}]
    ana = world.user("ana", allow(both))
    call = world.may(ana, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1", Tags=tags)
    assert [(asked.action, asked.allowed) for asked in call.checks] == [(name, True) for name in both]
    ben = world.user("ben", allow(both[0]))
    denied(world, ben, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1", Tags=tags)
    assert world.last is not None
    assert [(asked.action, asked.allowed) for asked in world.last.checks] == [(both[0], True), (both[1], False)]


LAMBDA = {
    "FunctionName": "f",
    "Runtime": "python3.13",
    "Handler": "f.f",
    "Code": {"ZipFile": b"x"},
}


def test_passing_a_role_is_asked_of_the_caller_alone(world: World) -> None:
    role = world.role("runner", trust("*"))
    ana = world.user("ana", allow("lambda:CreateFunction"))
    error = denied(world, ana, "lambda", "CreateFunction", Role=role, **LAMBDA)
    assert f"iam:PassRole on resource: {role} because no identity-based policy" in error.message
    ben = world.user("ben", allow("lambda:CreateFunction"), allow("iam:PassRole", role))
    call = world.may(ben, "lambda", "CreateFunction", Role=role, **LAMBDA)
    assert [asked.side for asked in call.checks] == [False, True]


def test_a_role_of_another_account_cannot_be_passed(world: World) -> None:
    role = world.role("runner", trust("*"), account=AWAY)
    ana = world.user("ana", allow("*"))
    error = denied(world, ana, "lambda", "CreateFunction", Role=role, **LAMBDA)
    assert (error.code, error.message) == ("AccessDenied", "Cross-account pass role is not allowed.")
    assert denied(world, world.root(), "lambda", "CreateFunction", Role=role, **LAMBDA).code == "AccessDenied"


def test_across_accounts_the_reason_is_not_told(world: World) -> None:
    ana = world.user("ana")
    role = world.role("open", trust(ROOT), account=AWAY)
    error = denied(world, ana, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert error.message == (
        f"User: {ana.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


@pytest.fixture
def permissive(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, permissive=True)
    yield made
    made.close()


def test_permissive_mode_lets_a_denial_pass_and_remembers_it(permissive: World) -> None:
    ana = permissive.user("ana")
    call = permissive.may(ana, "iam", "ListUsers")
    assert call.decision is not None
    assert not call.decision.allowed
    assert call.let_through is not None
    assert call.let_through.code == "AccessDenied"
    role = permissive.role("ops", None)
    assert isinstance(permissive.assume(permissive.root(), role).principal, RoleSession)
    permissive.put(USER, "ana", Entity({"p": allow("iam:ListUsers")}))
    assert permissive.may(ana, "iam", "ListUsers").let_through is None


def test_permissive_mode_knows_no_credentials_of_the_dead(permissive: World) -> None:
    ana = permissive.user("ana")
    permissive.remove(USER, "ana")
    assert denied(permissive, ana, "iam", "ListUsers").code == "InvalidClientTokenId"


FULL = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


def scp(text: str) -> AttachedPolicy:
    return AttachedPolicy(Document.parse(text, PolicyType.SCP), PolicyType.SCP, "guard", "arn:aws:organizations::x")


def member(*levels: str, management: bool = False) -> Membership:
    scps = [[scp(text)] for text in levels]
    return Membership("o-1234567890", "o-1234567890/r-abcd/", management=management, scps=scps)


def test_an_organization_limits_its_members_but_not_its_management_account(world: World) -> None:
    ana = world.user("ana", allow("iam:*"))
    guard = deny("iam:ListUsers")
    organization.provide_organization(lambda runtime, reader, account: member(FULL, guard))
    denied(world, world.root(), "iam", "ListUsers")
    error = denied(world, ana, "iam", "ListUsers")
    assert "with an explicit deny in a service control policy: arn:aws:organizations::x" in error.message
    denied(world, ana, "iam", "ListRoles")
    assert code(world) == "DENY_IMPLICIT_SCP"
    world.store.writing(lambda tx: tx.bump(organization.EPOCH, ""))
    organization.provide_organization(lambda runtime, reader, account: member(FULL, guard, management=True))
    world.may(ana, "iam", "ListUsers")


def test_within_an_organization_the_reason_is_told_across_accounts(world: World) -> None:
    ana = world.user("ana")
    role = world.role("open", trust(ROOT), account=AWAY)
    organization.provide_organization(lambda runtime, reader, account: member(FULL))
    error = denied(world, ana, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert "because no identity-based policy allows" in error.message


def test_a_change_of_the_organization_counts_at_once(world: World) -> None:
    ana = world.user("ana", allow("iam:*"))
    guarded = [False]
    organization.provide_organization(lambda runtime, reader, account: member(FULL, deny("*") if guarded[0] else FULL))
    world.may(ana, "iam", "ListUsers")
    guarded[0] = True
    world.store.writing(lambda tx: tx.bump(organization.EPOCH, ""))
    denied(world, ana, "iam", "ListUsers")


def test_the_boundary_of_a_role_limits_its_sessions(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT), allow("*"), boundary=allow("iam:ListRoles"))
    session = world.assume(ana, role)
    world.may(session, "iam", "ListRoles")
    denied(world, session, "iam", "ListUsers")
    assert code(world) == "DENY_IMPLICIT_BOUNDARY"


def test_what_was_asked_is_small(world: World) -> None:
    ana = world.user("ana", allow("iam:GetUser"))
    call = world.may(ana, "iam", "GetUser", UserName="ana")
    (asked,) = call.checks
    assert asked.context == {"aws:resourceaccount": HOME}


def test_resource_control_policies_limit_what_comes_from_outside_too(world: World) -> None:
    guard = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["sts:*", "iam:*"],
                "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            },
        }
    )
    rcps = [[AttachedPolicy(Document.parse(guard, PolicyType.RCP), PolicyType.RCP, "fence", None)]]
    ours = Membership("o-1234567890", "o-1234567890/r-abcd/", rcps=rcps)
    organization.provide_organization(lambda runtime, reader, account: ours if account == AWAY else None)
    outsider = world.user("ana", allow("sts:AssumeRole"))
    insider = world.user("ben", allow(["sts:AssumeRole", "iam:ListUsers"]), account=AWAY)
    role = world.role("open", trust("*"), account=AWAY)
    assert denied(world, outsider, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1").code == "AccessDenied"
    assert code(world) == "DENY_EXPLICIT_RCP"
    world.may(insider, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1")
    world.may(insider, "iam", "ListUsers")


def test_resource_control_policies_do_not_speak_of_services_without_them(world: World) -> None:
    guard = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
        }
    )
    rcps = [[AttachedPolicy(Document.parse(guard, PolicyType.RCP), PolicyType.RCP, "fence", None)]]
    ours = Membership("o-1234567890", "o-1234567890/r-abcd/", rcps=rcps)
    organization.provide_organization(lambda runtime, reader, account: ours)
    ana = world.user("ana", allow("*"))
    role = world.role("ops", trust(ROOT))
    world.may(ana, "iam", "ListUsers")
    denied(world, ana, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1")
