"""GetFederationToken: what a federated user may, which is never more than its issuer."""

from __future__ import annotations

import pytest

from garrison.aws.errors import AwsError
from tests.access.world import HOME, NOW, USER, World, allow, deny


def test_a_federated_user_has_what_both_its_issuer_and_its_policy_allow(world: World) -> None:
    ana = world.user("ana", allow(["sts:GetFederationToken", "kms:ListKeys", "kms:ListAliases"]))
    output = world.call(ana, "GetFederationToken", Name="bob", Policy=allow(["kms:ListKeys", "kms:CreateKey"]))
    assert output["FederatedUser"] == {
        "Arn": f"arn:aws:sts::{HOME}:federated-user/bob",
        "FederatedUserId": f"{HOME}:bob",
    }
    assert output["Credentials"]["Expiration"] == NOW + 43_200
    bob = world.opened(output)
    world.may(bob, "kms", "ListKeys")
    for name in ("ListAliases", "CreateKey"):
        with pytest.raises(AwsError, match="AccessDenied"):
            world.may(bob, "kms", name)


def test_without_a_policy_a_federated_user_may_nothing(world: World) -> None:
    ana = world.user("ana", allow("*"))
    bob = world.opened(world.call(ana, "GetFederationToken", Name="bob"))
    with pytest.raises(AwsError, match="kms:ListKeys"):
        world.may(bob, "kms", "ListKeys")


def test_a_federated_user_cannot_call_iam_nor_sts_but_knows_who_it_is(world: World) -> None:
    ana = world.user("ana", allow("*"))
    bob = world.opened(world.call(ana, "GetFederationToken", Name="bob", Policy=allow("*")))
    with pytest.raises(AwsError, match="InvalidClientTokenId"):
        world.may(bob, "iam", "ListUsers")
    with pytest.raises(AwsError, match="sts:AssumeRole"):
        world.may(bob, "sts", "AssumeRole", RoleArn=f"arn:aws:iam::{HOME}:role/x", RoleSessionName="s1")
    identity = world.call(bob, "GetCallerIdentity")
    assert identity == {
        "Arn": f"arn:aws:sts::{HOME}:federated-user/bob",
        "UserId": f"{HOME}:bob",
        "Account": HOME,
    }


def test_asking_for_one_needs_permission(world: World) -> None:
    with pytest.raises(AwsError, match="sts:GetFederationToken"):
        world.call(world.user("ana"), "GetFederationToken", Name="bob")
    with pytest.raises(AwsError, match="sts:TagSession"):
        world.call(
            world.user("ben", allow("*"), deny("sts:TagSession")),
            "GetFederationToken",
            Name="bob",
            Tags=[{"Key": "a", "Value": "b"}],
        )


def test_roots_federated_users_last_an_hour_at_most(world: World) -> None:
    output = world.call(world.root(), "GetFederationToken", Name="bob", DurationSeconds=129_600)
    assert output["Credentials"]["Expiration"] == NOW + 3600


def test_tags_are_the_issuers_under_those_that_are_passed(world: World) -> None:
    ana = world.user("ana", allow("*"), tags={"team": "red", "desk": "7"})
    bob = world.opened(
        world.call(ana, "GetFederationToken", Name="bob", Tags=[{"Key": "Team", "Value": "blue"}], Policy=allow("*"))
    )
    call = world.may(bob, "kms", "ListKeys")
    assert call.context["aws:principaltag/team"] == "blue"
    assert call.context["aws:principaltag/desk"] == "7"


def test_a_federated_user_dies_with_its_issuer(world: World) -> None:
    ana = world.user("ana", allow("*"))
    bob = world.opened(world.call(ana, "GetFederationToken", Name="bob", Policy=allow("*")))
    world.remove(USER, "ana")
    with pytest.raises(AwsError, match="InvalidClientTokenId"):
        world.may(bob, "kms", "ListKeys")


def test_a_federated_user_of_root_has_what_its_policy_allows(world: World) -> None:
    bob = world.opened(world.call(world.root(), "GetFederationToken", Name="bob", Policy=allow("kms:ListKeys")))
    world.may(bob, "kms", "ListKeys")
    with pytest.raises(AwsError, match="kms:ListAliases"):
        world.may(bob, "kms", "ListAliases")
    nobody = world.opened(world.call(world.root(), "GetFederationToken", Name="bob"))
    with pytest.raises(AwsError, match="kms:ListKeys"):
        world.may(nobody, "kms", "ListKeys")
