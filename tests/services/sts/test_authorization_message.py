"""Encoded authorization failure messages: what they tell, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.access.authorization_message import LONGEST, NoMessage, decode, encode
from garrison.access.call import Call
from garrison.access.caller import Caller
from garrison.aws.errors import AwsError
from garrison.policy.principal import User
from garrison.services.operation import OPERATIONS
from tests.access.world import AWAY, HOME, World, allow, deny


def denied(world: World, caller: Caller, *, tags: int = 0) -> Call:
    """A call that was refused."""
    params = {"UserName": "ben", "Tags": [{"Key": f"key{n}", "Value": f"{n:x}" * 90} for n in range(tags)]}
    with pytest.raises(AwsError):
        world.may(caller, "iam", "TagUser", **params)
    assert world.last is not None
    return world.last


def decoded(world: World, caller: Caller, text: str) -> dict[str, Any]:
    call = world.prepare(caller, "sts", "DecodeAuthorizationMessage", {"EncodedMessage": text})
    with world.store.reading() as reader:
        output = OPERATIONS["sts", "DecodeAuthorizationMessage"].function(call, reader)
    assert output is not None
    document: dict[str, Any] = json.loads(output["DecodedMessage"])
    return document


def test_an_explicit_deny_names_its_statement(world: World) -> None:
    rule = deny("iam:Tag*", Sid="NoTags", Condition={"StringLike": {"aws:RequestTag/key0": "*"}})
    ana = world.user("ana", allow("iam:*"), rule)
    text = encode(denied(world, ana, tags=1))
    document = decoded(world, ana, text)
    assert document["allowed"] is False
    assert document["explicitDeny"] is True
    assert document["failures"] == {"items": []}
    assert document["matchedStatements"]["items"] == [
        {
            "statementId": "NoTags",
            "effect": "DENY",
            "principals": {"items": []},
            "principalGroups": {"items": []},
            "actions": {"items": [{"value": "iam:Tag*"}]},
            "resources": {"items": [{"value": "*"}]},
            "conditions": {"items": [{"key": "aws:RequestTag/key0", "values": {"items": [{"value": "*"}]}}]},
        }
    ]
    context = document["context"]
    assert isinstance(ana.principal, User)
    assert context["principal"] == {"id": ana.principal.id, "arn": ana.principal.arn}
    assert context["action"] == "iam:TagUser"
    assert context["resource"] == f"arn:aws:iam::{HOME}:user/ben"
    assert {"key": "aws:tagkeys", "values": {"items": [{"value": "key0"}]}} in context["conditions"]["items"]


def test_silence_matches_no_statement(world: World) -> None:
    document = decoded(world, world.root(), encode(denied(world, world.user("ana"))))
    assert (document["explicitDeny"], document["matchedStatements"]) == (False, {"items": []})


def test_nothing_can_be_read_from_the_message_itself(world: World) -> None:
    text = encode(denied(world, world.user("ana")))
    assert "ana" not in text
    assert text != encode(denied(world, world.user("ana")))


def test_a_message_that_would_grow_too_long_tells_less(world: World) -> None:
    ana = world.user("ana")
    call = denied(world, ana)
    call.context |= {
        f"aws:requesttag/{n}": bytes(range(33, 127)).decode()[n % 90 :] * 9 + str(n * n) for n in range(9000)
    }
    text = encode(call)
    assert len(text) <= LONGEST
    assert decoded(world, ana, text)["context"]["conditions"] == {"items": []}


def test_another_account_cannot_read_it(world: World) -> None:
    text = encode(denied(world, world.user("ana")))
    with pytest.raises(AwsError, match="InvalidAuthorizationMessageException"):
        decoded(world, world.root(AWAY), text)


@pytest.mark.parametrize("text", ["x", "é", "AAAA", "", "A" * 10_240])
def test_what_was_never_encoded_is_refused(world: World, text: str) -> None:
    with pytest.raises(AwsError) as caught:
        decoded(world, world.root(), text)
    assert (caught.value.code, caught.value.status) == ("InvalidAuthorizationMessageException", 400)
    with pytest.raises(NoMessage):
        decode(world.runtime, HOME, text)


def test_reading_messages_needs_a_permission(world: World) -> None:
    with pytest.raises(AwsError, match="sts:DecodeAuthorizationMessage"):
        world.may(world.user("ana"), "sts", "DecodeAuthorizationMessage", EncodedMessage="x")
    world.may(
        world.user("ben", allow("sts:DecodeAuthorizationMessage")),
        "sts",
        "DecodeAuthorizationMessage",
        EncodedMessage="x",
    )


def test_a_call_that_was_allowed_has_no_message(world: World) -> None:
    with pytest.raises(ValueError, match="denied"):
        encode(world.may(world.user("ana", allow("iam:*")), "iam", "ListUsers"))
