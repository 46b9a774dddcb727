"""Tags: keys unique whatever their case, fifty at most, none of AWS's own."""

from __future__ import annotations

from typing import Any

from tests.services.iam.conftest import Iam


def tags(**pairs: str) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def test_a_user_is_made_with_tags_and_shows_them(iam: Iam) -> None:
    made = iam.run("CreateUser", UserName="ana", Tags=tags(Team="a", Cost=""))["User"]
    assert made["Tags"] == tags(Team="a", Cost="")
    assert iam.run("GetUser", UserName="ana")["User"]["Tags"] == made["Tags"]
    assert iam.run("ListUserTags", UserName="ana") == {"Tags": made["Tags"], "IsTruncated": False}


def test_a_key_in_another_case_replaces_the_first(iam: Iam) -> None:
    iam.run("CreateUser", UserName="ana", Tags=tags(Department="finance", Team="a"))
    before = iam.epoch()
    iam.run("TagUser", UserName="ana", Tags=tags(department="hr"))
    assert iam.epoch() > before
    assert iam.run("ListUserTags", UserName="ana")["Tags"] == tags(Team="a", department="hr")


def test_a_key_given_twice_is_refused_whatever_its_case(iam: Iam) -> None:
    duplicate = (
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    assert iam.refused("CreateUser", UserName="ana", Tags=tags(Team="a", team="b")) == duplicate
    iam.user("ana")
    assert iam.refused("TagUser", UserName="ana", Tags=tags(Team="a", TEAM="a")) == duplicate


def test_keys_of_aws_are_reserved(iam: Iam) -> None:
    iam.user("ana")
    for key in ("aws:x", "AWS:x"):
        assert iam.refused("TagUser", UserName="ana", Tags=tags(**{key: "v"}))[0] == "InvalidInput"


def test_fifty_tags_and_no_more_but_one_may_still_change(iam: Iam) -> None:
    iam.run("CreateUser", UserName="ana", Tags=tags(**{f"k{n}": "v" for n in range(50)}))
    assert iam.refused("TagUser", UserName="ana", Tags=tags(extra="v")) == (
        "LimitExceeded",
        "Cannot exceed quota for TagsPerUser: 50",
    )
    iam.run("TagUser", UserName="ana", Tags=tags(K7="w"))


def test_untagging_minds_no_case_and_no_missing_key(iam: Iam) -> None:
    iam.run("CreateUser", UserName="ana", Tags=tags(Team="a", Cost="1"))
    before = iam.epoch()
    iam.run("UntagUser", UserName="ana", TagKeys=["TEAM", "never"])
    assert iam.epoch() > before
    assert iam.run("ListUserTags", UserName="ana")["Tags"] == tags(Cost="1")
    iam.run("UntagUser", UserName="ana", TagKeys=["Cost"])
    assert "Tags" not in iam.run("GetUser", UserName="ana")["User"]


def test_tags_come_in_pages_however_long_their_keys_are(iam: Iam) -> None:
    given = {f"{n}" + "ä" * 127: str(n) for n in range(5)}
    iam.run("CreateUser", UserName="ana", Tags=tags(**given))
    seen: list[dict[str, str]] = []
    more: dict[str, Any] = {}
    for _ in range(3):
        page = iam.run("ListUserTags", UserName="ana", MaxItems=2, **more)
        seen += page["Tags"]
        more = {"Marker": page.get("Marker")}
        assert len(page.get("Marker", "")) <= 320
    assert seen == tags(**given)
    assert page["IsTruncated"] is False
