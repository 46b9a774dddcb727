"""Inline policies, the same for users, groups and roles."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.services.iam.conftest import Iam
from tests.services.iam.documents import ALLOW_ALL, EC2, named, sized

KINDS = [("User", 2048), ("Group", 5120), ("Role", 10240)]


@pytest.fixture(params=KINDS, ids=lambda kind: str(kind[0]))
def owner(request: pytest.FixtureRequest, iam: Iam) -> tuple[str, dict[str, Any], int]:
    """(noun, the parameter that names it, its limit) of one entity of each kind."""
    noun, limit = request.param
    extra: dict[str, Any] = {"AssumeRolePolicyDocument": EC2} if noun == "Role" else {}
    iam.run(f"Create{noun}", **named(noun, "dev"), **extra)
    return noun, named(noun, "dev"), limit


Owner = tuple[str, dict[str, Any], int]


def test_an_inline_policy_is_put_shown_listed_and_deleted(iam: Iam, owner: Owner) -> None:
    noun, name, _ = owner
    before = iam.epoch()
    assert iam.run(f"Put{noun}Policy", **name, PolicyName="p", PolicyDocument=ALLOW_ALL) == {}
    assert iam.epoch() > before
    assert iam.run(f"Get{noun}Policy", **name, PolicyName="p") == {
        **name,
        "PolicyName": "p",
        "PolicyDocument": quote(ALLOW_ALL, safe="~"),
    }
    assert iam.run(f"List{noun}Policies", **name) == {"PolicyNames": ["p"], "IsTruncated": False}
    before = iam.epoch()
    iam.run(f"Delete{noun}Policy", **name, PolicyName="p")
    assert iam.epoch() > before
    assert iam.run(f"List{noun}Policies", **name)["PolicyNames"] == []


def test_a_policy_that_is_not_there_cannot_be_found(iam: Iam, owner: Owner) -> None:
    noun, name, _ = owner
    refusal = ("NoSuchEntity", f"The {noun.lower()} policy with name p cannot be found.")
    assert iam.refused(f"Get{noun}Policy", **name, PolicyName="p") == refusal
    assert iam.refused(f"Delete{noun}Policy", **name, PolicyName="p") == refusal


def test_an_entity_that_is_not_there_cannot_be_found(iam: Iam, owner: Owner) -> None:
    noun, _, _ = owner
    assert iam.refused(f"Put{noun}Policy", **named(noun, "x"), PolicyName="p", PolicyDocument=ALLOW_ALL) == (
        "NoSuchEntity",
        f"The {noun.lower()} with name x cannot be found.",
    )


def test_the_size_limit_is_that_of_all_inline_policies_together(iam: Iam, owner: Owner) -> None:
    noun, name, limit = owner
    half = limit // 2
    iam.run(f"Put{noun}Policy", **name, PolicyName="a", PolicyDocument=sized(half))
    iam.run(f"Put{noun}Policy", **name, PolicyName="b", PolicyDocument=sized(limit - half))
    assert iam.refused(f"Put{noun}Policy", **name, PolicyName="b", PolicyDocument=sized(limit - half + 1)) == (
        "LimitExceeded",
        f"Maximum policy size of {limit} bytes exceeded for {noun.lower()} dev",
    )


def test_malformed_documents_are_refused(iam: Iam, owner: Owner) -> None:
    noun, name, _ = owner
    assert iam.refused(f"Put{noun}Policy", **name, PolicyName="p", PolicyDocument="{}}")[0] == "MalformedPolicyDocument"


def test_putting_again_replaces(iam: Iam, owner: Owner) -> None:
    noun, name, _ = owner
    for document in (ALLOW_ALL, sized(200)):
        iam.run(f"Put{noun}Policy", **name, PolicyName="p", PolicyDocument=document)
    shown = iam.run(f"Get{noun}Policy", **name, PolicyName="p")["PolicyDocument"]
    assert shown == quote(sized(200), safe="~")
