"""Explaining a recorded call: the tree that decided, and what has changed since."""

from __future__ import annotations

import msgspec
import pytest

from garrison.access.caller import Caller
from garrison.access.explain import CallExplained, explain_entry, rendered
from garrison.access.recorded import read_recorded, recorded
from garrison.aws.errors import AwsError
from tests.access.world import HOME, USER, Entity, World, allow, trust

ROOT = f"arn:aws:iam::{HOME}:root"


def explained(world: World) -> CallExplained:
    assert world.last is not None
    text = recorded(world.last)
    assert text is not None
    with world.store.reading() as reader:
        return explain_entry(world.runtime, reader, read_recorded(text))


def refuse(world: World, caller: Caller, service: str, operation: str, **params: object) -> None:
    with pytest.raises(AwsError):
        world.may(caller, service, operation, **params)


def test_a_denial_points_at_the_condition_that_failed(world: World) -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    ana = world.user("ana", allow("iam:ListUsers", Condition=condition))
    refuse(world, ana, "iam", "ListUsers")
    why = explained(world)
    assert (why.allowed, why.code, why.moved, why.exists) == (False, "DENY_IMPLICIT_IDENTITY", False, True)
    (check,) = why.checks
    assert check.still
    statement = check.explanation.layers[0].policies[0].statements[0]
    assert not statement.applies
    assert statement.conditions[0].key == "aws:SourceIp"
    assert statement.conditions[0].actual == ("127.0.0.1",)
    text = rendered(why)
    assert "aws:SourceIp" in text
    assert "127.0.0.1" in text


def test_it_says_when_policies_have_changed_since(world: World) -> None:
    ana = world.user("ana")
    refuse(world, ana, "iam", "ListUsers")
    before = world.last
    world.put(USER, "ana", Entity({"p": allow("iam:ListUsers")}))
    world.last = before
    why = explained(world)
    assert why.moved
    assert not why.checks[0].still
    assert why.checks[0].then == "DENY_IMPLICIT_IDENTITY"
    assert why.checks[0].explanation.code == "ALLOW_IDENTITY"
    assert "changed since" in rendered(why)


def test_a_trust_policy_is_part_of_the_tree(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT, Condition={"StringEquals": {"sts:ExternalId": "x1"}}))
    refuse(world, ana, "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1", ExternalId="y2")
    why = explained(world)
    assert why.code == "DENY_IMPLICIT_TRUST"
    assert "sts:ExternalId" in rendered(why)
    assert "y2" in rendered(why)


def test_a_role_that_is_not_there_is_said_to_be_missing(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    refuse(world, ana, "sts", "AssumeRole", RoleArn=f"arn:aws:iam::{HOME}:role/none", RoleSessionName="s1")
    why = explained(world)
    assert not why.checks[0].exists
    assert why.checks[0].still


def test_what_no_policy_decided_has_a_note(world: World) -> None:
    role = world.role("ops", trust(ROOT))
    refuse(world, world.root(), "sts", "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert "Roles may not be assumed by root accounts." in rendered(explained(world))
    world.may(world.user("ana"), "sts", "GetCallerIdentity")
    assert "needs no permission" in rendered(explained(world))


def test_a_session_is_explained_with_its_session_policy(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT), allow("*"))
    session = world.assume(ana, role, Policy=allow("iam:ListUsers"))
    refuse(world, session, "iam", "ListRoles")
    why = explained(world)
    assert why.code == "DENY_IMPLICIT_SESSION"
    assert [str(layer.type) for layer in why.checks[0].explanation.layers] == [
        "identity-based policy",
        "session policy",
    ]


def test_the_record_holds_no_secret_and_an_explanation_is_json(world: World) -> None:
    ana = world.user("ana", allow("sts:AssumeRole"))
    role = world.role("ops", trust(ROOT))
    output = world.call(ana, "AssumeRole", RoleArn=role, RoleSessionName="s1")
    assert world.last is not None
    text = recorded(world.last)
    assert text is not None
    assert output["Credentials"]["SecretAccessKey"].encode() not in text
    assert len(text) < 3000
    assert b"ALLOW_IDENTITY" in msgspec.json.encode(explained(world))


def test_a_caller_that_is_gone_is_said_to_be_gone(world: World) -> None:
    ana = world.user("ana")
    refuse(world, ana, "iam", "ListUsers")
    world.remove(USER, "ana")
    why = explained(world)
    assert not why.exists
    assert "gone" in rendered(why)
