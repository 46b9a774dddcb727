"""Condition keys: where each comes from, and that it flips a decision."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.access import organization
from garrison.access.authorize import authorize
from garrison.access.caller import Caller
from garrison.access.organization import Membership
from garrison.aws.errors import AwsError
from garrison.policy.principal import Anonymous, Service
from tests.access.world import HOME, NOW, World, allow, trust

ROOT = f"arn:aws:iam::{HOME}:root"


def allowed(world: World, caller: Caller, operation: str, params: dict[str, Any], **http: Any) -> bool:
    call = world.prepare(caller, "iam", operation, params, **http)
    with world.store.reading() as reader:
        try:
            authorize(call, reader)
        except AwsError:
            return False
    return True


FLIPS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("IpAddress", {"aws:SourceIp": "10.0.0.0/8"}, {"source_ip": "10.1.2.3"}, {"source_ip": "192.0.2.1"}),
    ("Bool", {"aws:SecureTransport": "true"}, {"secure": True}, {"secure": False}),
    (
        "StringEquals",
        {"aws:UserAgent": "ours"},
        {"headers": (("user-agent", "ours"),)},
        {"headers": (("user-agent", "theirs"),)},
    ),
    (
        "StringLike",
        {"aws:Referer": "https://here/*"},
        {"headers": (("referer", "https://here/a"),)},
        {"headers": ()},
    ),
]


@pytest.mark.parametrize(("operator", "test", "good", "bad"), FLIPS, ids=lambda v: str(v)[:30])
def test_the_network_decides(
    world: World, operator: str, test: dict[str, Any], good: dict[str, Any], bad: dict[str, Any]
) -> None:
    ana = world.user("ana", allow("iam:ListUsers", Condition={operator: test}))
    assert allowed(world, ana, "ListUsers", {}, **good)
    assert not allowed(world, ana, "ListUsers", {}, **bad)


@pytest.mark.parametrize(
    ("operator", "key", "right", "wrong"),
    [
        ("StringEquals", "aws:username", "ana", "ben"),
        ("StringEquals", "aws:PrincipalAccount", HOME, "1" * 12),
        ("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{HOME}:user/ops/ana", f"arn:aws:iam::{HOME}:user/ana"),
        ("StringEquals", "aws:PrincipalType", "User", "AssumedRole"),
        ("StringEquals", "aws:PrincipalTag/TEAM", "blue", "red"),
        ("Bool", "aws:PrincipalIsAWSService", "false", "true"),
        ("Bool", "aws:ViaAWSService", "false", "true"),
        ("Null", "aws:TokenIssueTime", "true", "false"),
        ("Null", "aws:MultiFactorAuthPresent", "true", "false"),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", "eu-west-1"),
        ("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("NumericGreaterThan", "aws:EpochTime", str(int(NOW) - 1), str(int(NOW))),
    ],
)
def test_a_user_is_known_by(world: World, operator: str, key: str, right: str, wrong: str) -> None:
    for value, expected in ((right, True), (wrong, False)):
        ana = world.user(
            "ana", allow("iam:ListUsers", Condition={operator: {key: value}}), path="/ops/", tags={"Team": "blue"}
        )
        assert allowed(world, ana, "ListUsers", {}) is expected


def test_a_role_session_is_known_by_its_role(world: World) -> None:
    role = world.role("deploy", trust(ROOT), path="/ci/", tags={"Team": "blue", "desk": "7"})
    session = world.assume(world.user("ana", allow("sts:AssumeRole")), role)
    assert not allowed(world, session, "ListUsers", {})
    assert world.last is not None
    context = world.last.context
    assert context["aws:principalarn"] == role
    assert context["aws:principaltype"] == "AssumedRole"
    assert context["aws:userid"] == session.principal.user_id
    assert context["aws:principaltag/team"] == "blue"
    assert context["aws:tokenissuetime"] == "2027-01-15T08:00:00Z"
    assert context["aws:multifactorauthpresent"] == "false"
    assert "aws:multifactorauthage" not in context
    assert "aws:username" not in context
    assert "aws:sourceidentity" not in context


def test_the_age_of_mfa_is_counted_from_its_proof(world: World) -> None:
    ana = world.user("ana", secret_code="123456")
    serial = ana.principal.arn.replace(":user/", ":mfa/")
    session = world.opened(world.call(ana, "GetSessionToken", SerialNumber=serial, TokenCode="123456"))
    world.clock.advance(61)
    assert not allowed(world, session, "ListUsers", {})
    assert world.last is not None
    assert world.last.context["aws:multifactorauthage"] == "61"
    assert world.last.context["aws:multifactorauthpresent"] == "true"


def test_root_has_no_user_name(world: World) -> None:
    assert allowed(world, world.root(), "ListUsers", {})
    assert world.last is not None
    context = world.last.context
    assert context["aws:principaltype"] == "Account"
    assert context["aws:principalarn"] == ROOT
    assert context["aws:userid"] == HOME
    assert "aws:username" not in context


def test_services_and_nobody_are_told_apart(world: World) -> None:
    assert not allowed(world, Caller(Service("ec2.amazonaws.com")), "ListUsers", {})
    assert world.last is not None
    assert world.last.context["aws:principalisawsservice"] == "true"
    assert world.last.context["aws:principalservicename"] == "ec2.amazonaws.com"
    assert "aws:principaltype" not in world.last.context
    assert not allowed(world, Caller(Anonymous()), "ListUsers", {})
    assert world.last.context["aws:principaltype"] == "Anonymous"
    assert world.last.context["aws:principalaccount"] == "anonymous"
    assert world.last.context["aws:userid"] == "anonymous"
    assert "aws:principalarn" not in world.last.context


@pytest.mark.parametrize("key", ["aws:ResourceTag/Team", "iam:ResourceTag/team"])
def test_the_tags_of_a_resource_decide(world: World, key: str) -> None:
    world.user("ben", tags={"Team": "blue"})
    world.user("cid", tags={"Team": "red"})
    ana = world.user("ana", allow("iam:GetUser", Condition={"StringEquals": {key: "blue"}}))
    assert allowed(world, ana, "GetUser", {"UserName": "ben"})
    assert not allowed(world, ana, "GetUser", {"UserName": "cid"})
    assert not allowed(world, ana, "GetUser", {"UserName": "nobody"})


def test_the_owner_of_a_resource_decides(world: World) -> None:
    for account, expected in ((HOME, True), ("1" * 12, False)):
        ana = world.user("ana", allow("iam:GetUser", Condition={"StringEquals": {"aws:ResourceAccount": account}}))
        assert allowed(world, ana, "GetUser", {"UserName": "ana"}) is expected


def test_the_tags_of_a_request_decide(world: World) -> None:
    condition = {
        "StringEquals": {"aws:RequestTag/team": "blue"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    }
    ana = world.user("ana", allow(["iam:CreateUser", "iam:TagUser"], Condition=condition))

    def tagged(**tags: str) -> dict[str, Any]:
        return {"UserName": "new", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    assert allowed(world, ana, "CreateUser", tagged(team="blue"))
    assert not allowed(world, ana, "CreateUser", tagged(team="red"))
    assert not allowed(world, ana, "CreateUser", tagged(team="blue", other="1"))


def test_an_organization_is_known_on_both_sides(world: World) -> None:
    member = Membership("o-1234567890", "o-1234567890/r-abcd/ou-abcd-12345678/")
    keys = ("PrincipalOrgID", "ResourceOrgID")
    for key in keys:
        organization.provide_organization(None)
        ana = world.user(f"ana{key}", allow("iam:GetUser", Condition={"StringEquals": {f"aws:{key}": "o-1234567890"}}))
        assert not allowed(world, ana, "GetUser", {"UserName": ana.principal.arn.rsplit("/")[1]})
    organization.provide_organization(lambda runtime, reader, account: member)
    for key in keys:
        paths = {"ForAnyValue:StringLike": {f"aws:{key[:-2]}Paths": "o-1234567890/r-abcd/*"}}
        ana = world.user(f"ana{key}", allow("iam:GetUser", Condition=paths))
        assert allowed(world, ana, "GetUser", {"UserName": ana.principal.arn.rsplit("/")[1]})


def test_the_region_of_a_regional_service_is_the_one_asked(world: World) -> None:
    ana = world.user("ana", allow("kms:ListKeys", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    world.may(ana, "kms", "ListKeys")
