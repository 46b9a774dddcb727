"""Who a caller is, and whose a key is."""

from __future__ import annotations

import pytest

from garrison.aws.errors import AwsError
from garrison.aws.ids import access_key_id
from tests.access.world import AWAY, HOME, World, allow, deny, trust


def test_every_kind_of_caller_is_told_who_it_is(world: World) -> None:
    ana = world.user("ana", deny("sts:GetCallerIdentity"), allow("sts:AssumeRole"), path="/ops/")
    assert world.call(ana, "GetCallerIdentity") == {
        "Arn": f"arn:aws:iam::{HOME}:user/ops/ana",
        "UserId": ana.principal.user_id,
        "Account": HOME,
    }
    assert world.call(world.root(), "GetCallerIdentity") == {
        "Arn": f"arn:aws:iam::{HOME}:root",
        "UserId": HOME,
        "Account": HOME,
    }
    session = world.assume(ana, world.role("deploy", trust(f"arn:aws:iam::{HOME}:root"), deny("*"), path="/ci/"))
    assert world.call(session, "GetCallerIdentity") == {
        "Arn": f"arn:aws:sts::{HOME}:assumed-role/deploy/s1",
        "UserId": session.principal.user_id,
        "Account": HOME,
    }


def test_a_key_id_tells_its_account_whether_or_not_it_is_ours(world: World) -> None:
    ana = world.user("ana", allow("sts:GetAccessKeyInfo"))
    for key in (access_key_id(AWAY), access_key_id(AWAY, "ASIA")):
        assert world.call(ana, "GetAccessKeyInfo", AccessKeyId=key) == {"Account": AWAY}


@pytest.mark.parametrize("key", ["AKIA000000000000", "AROAQAAAAAAAAAAAAAAA", "AKIA1111111111111111", "x" * 128])
def test_what_is_no_key_id_is_refused(world: World, key: str) -> None:
    ana = world.user("ana", allow("sts:GetAccessKeyInfo"))
    with pytest.raises(AwsError, match="ValidationError"):
        world.call(ana, "GetAccessKeyInfo", AccessKeyId=key)


def test_asking_whose_a_key_is_needs_permission(world: World) -> None:
    with pytest.raises(AwsError, match="sts:GetAccessKeyInfo"):
        world.call(world.user("ana"), "GetAccessKeyInfo", AccessKeyId=access_key_id(AWAY))
