"""LookupEvents as its callers see it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.keys.seal import Seal
from garrison.policy.principal import RoleSession, Root
from garrison.services.cloudtrail.lookup_events import lookup_events
from garrison.store import Store
from garrison.trail.event import event, events
from garrison.trail.log import Trail
from tests.trail.calls import ACCOUNT, NOON, OTHER, call

_NOT_A_TIME = b"\x93\xc4\x01a\xcb\x7f\xf8\0\0\0\0\0\0\xa1a"
"""A token's form, with a time that is not a number."""


@pytest.fixture
def runtime(sqlite_store: Store, tmp_path: Path) -> Iterator[Runtime]:
    trail = Trail(sqlite_store, tmp_path)
    yield Runtime(store=sqlite_store, seal=Seal(bytes(32)), trail=trail)
    trail.close()


def record(runtime: Runtime, n: float, service: str, operation: str, params: dict[str, Any], **how: Any) -> str:
    output = how.pop("output", None)
    made = event(call(service, operation, params, now=NOON + n, **how), output=output)
    assert runtime.trail is not None
    runtime.trail.record_read(made)
    runtime.trail.flush()
    return made.id


def lookup(runtime: Runtime, *, region: str = "us-east-1", now: float = NOON + 3600, **params: Any) -> dict[str, Any]:
    asked = call("cloudtrail", "LookupEvents", params, region=region, now=now, runtime=runtime)
    with runtime.store.reading() as reader:
        output = lookup_events(asked, reader)
    assert output is not None
    return output


def by(key: str, value: str) -> list[dict[str, str]]:
    return [{"AttributeKey": key, "AttributeValue": value}]


def names(output: dict[str, Any]) -> list[str]:
    return [event["EventName"] for event in output["Events"]]


def test_an_event_shows_who_did_what_to_which_resource(runtime: Runtime) -> None:
    output = {"User": {"UserName": "bob", "UserId": "AIDAB", "Arn": f"arn:aws:iam::{ACCOUNT}:user/bob"}}
    id = record(runtime, 0.5, "iam", "CreateUser", {"UserName": "bob"}, output=output)
    (shown,) = lookup(runtime)["Events"]
    full = json.loads(shown.pop("CloudTrailEvent"))
    assert shown == {
        "EventId": id,
        "EventName": "CreateUser",
        "ReadOnly": "false",
        "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "EventTime": float(int(NOON + 0.5)),
        "EventSource": "iam.amazonaws.com",
        "Username": "ana",
        "Resources": [
            {"ResourceType": "AWS::IAM::User", "ResourceName": "bob"},
            {"ResourceType": "AWS::IAM::User", "ResourceName": f"arn:aws:iam::{ACCOUNT}:user/bob"},
            {"ResourceType": "AWS::IAM::User", "ResourceName": "AIDAB"},
        ],
    }
    assert full["eventID"] == id
    assert full["userIdentity"]["userName"] == "ana"


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("EventName", "GetRole", ["GetRole"]),
        ("EventName", "getrole", []),
        ("ReadOnly", "false", ["DeleteUser"]),
        ("ReadOnly", "True", ["GetCallerIdentity", "GetRole"]),
        ("Username", "root", ["GetCallerIdentity"]),
        ("Username", "ci", ["GetRole"]),
        ("Username", "ana", ["DeleteUser"]),
        ("ResourceType", "AWS::IAM::Role", ["GetRole"]),
        ("ResourceName", "bob", ["DeleteUser"]),
        ("EventSource", "sts.amazonaws.com", ["GetCallerIdentity"]),
        ("AccessKeyId", "ASIAROLE", ["GetRole"]),
        ("AccessKeyId", "ASIANOBODY", []),
    ],
)
def test_events_are_found_by_any_one_attribute(runtime: Runtime, key: str, value: str, found: list[str]) -> None:
    role = RoleSession(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/deploy", "AROA", "ci")
    record(runtime, 1, "iam", "DeleteUser", {"UserName": "bob"})
    record(runtime, 2, "iam", "GetRole", {"RoleName": "deploy"}, principal=role, key="ASIAROLE")
    id = record(runtime, 3, "sts", "GetCallerIdentity", {}, principal=Root(ACCOUNT), key=None)
    assert names(lookup(runtime, LookupAttributes=by(key, value))) == found
    assert names(lookup(runtime, LookupAttributes=by("EventId", id))) == ["GetCallerIdentity"]


def test_only_the_callers_account_and_region_are_shown(runtime: Runtime) -> None:
    record(runtime, 1, "iam", "ListUsers", {}, region="eu-west-1")
    record(runtime, 2, "sts", "GetCallerIdentity", {}, region="eu-west-1")
    record(runtime, 3, "iam", "ListRoles", {}, account=OTHER)
    assert names(lookup(runtime)) == ["ListUsers"]
    assert names(lookup(runtime, region="eu-west-1")) == ["GetCallerIdentity"]


def test_the_owner_of_a_foreign_role_sees_the_account_not_the_user(runtime: Runtime) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    made = call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "x"}, account=OTHER, shared_with=(ACCOUNT,))
    assert runtime.trail is not None
    for entry in events(made):
        runtime.trail.record_read(entry)
    runtime.trail.flush()
    (shown,) = lookup(runtime)["Events"]
    assert "Username" not in shown
    assert "AccessKeyId" not in shown
    assert lookup(runtime, LookupAttributes=by("Username", "ana"))["Events"] == []


def test_pages_lead_through_all_events_once(runtime: Runtime) -> None:
    expected = [record(runtime, n // 3, "iam", "GetUser", {"UserName": "bob"}) for n in range(11)]
    seen: list[str] = []
    token: dict[str, Any] = {}
    for size in (4, 3, 2, 50):
        output = lookup(runtime, MaxResults=size, LookupAttributes=by("EventName", "GetUser"), **token)
        assert len(output["Events"]) <= size
        seen += [event["EventId"] for event in output["Events"]]
        record(runtime, 60, "iam", "GetUser", {"UserName": "newer"})
        token = {"NextToken": output["NextToken"]} if "NextToken" in output else {}
    assert token == {}
    assert sorted(seen) == sorted(expected)


def test_fifty_events_come_without_asking_for_a_number(runtime: Runtime) -> None:
    for n in range(51):
        record(runtime, n, "iam", "GetUser", {"UserName": "bob"})
    output = lookup(runtime)
    assert len(output["Events"]) == 50
    assert len(lookup(runtime, NextToken=output["NextToken"])["Events"]) == 1


def test_times_bound_what_is_shown_and_history_ends_after_90_days(runtime: Runtime) -> None:
    for n in (0, 100, 200):
        record(runtime, n, "iam", f"{('Get', 'Delete', 'Create')[n // 100]}User", {"UserName": "bob"})
    assert names(lookup(runtime, StartTime=NOON + 50, EndTime=NOON + 150)) == ["DeleteUser"]
    assert names(lookup(runtime, StartTime=float(int(NOON)), EndTime=float(int(NOON)))) == ["GetUser"]
    assert names(lookup(runtime, now=NOON + 150 + 90 * 86400)) == ["CreateUser"]
    assert names(lookup(runtime, now=NOON + 150 + 90 * 86400, StartTime=NOON)) == ["CreateUser"]


def test_data_events_are_no_part_of_the_history(runtime: Runtime) -> None:
    record(runtime, 0, "iam", "CreateUser", {"UserName": "first"})
    for n in range(120):
        record(runtime, 1 + n / 100, "s3", "GetObject", {"Bucket": "b", "Key": str(n)})
    record(runtime, 3, "s3", "PutBucketPolicy", {"Bucket": "b", "Policy": "{}"})
    assert names(lookup(runtime)) == ["PutBucketPolicy", "CreateUser"]
    page = lookup(runtime, MaxResults=1)
    assert names(page) == ["PutBucketPolicy"]
    rest = lookup(runtime, MaxResults=1, NextToken=page["NextToken"])
    assert (names(rest), "NextToken" in rest) == (["CreateUser"], False)
    assert names(lookup(runtime, LookupAttributes=by("ResourceName", "b"))) == ["PutBucketPolicy"]


def test_insights_are_empty(runtime: Runtime) -> None:
    record(runtime, 1, "iam", "GetUser", {"UserName": "bob"})
    assert lookup(runtime, EventCategory="insight") == {"Events": []}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"LookupAttributes": by("EventName", "a") + by("Username", "b")}, "InvalidLookupAttributesException"),
        ({"LookupAttributes": by("ReadOnly", "maybe")}, "InvalidLookupAttributesException"),
        ({"StartTime": NOON + 1, "EndTime": NOON}, "InvalidTimeRangeException"),
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"MaxResults": 0}, "InvalidMaxResultsException"),
        ({"NextToken": ""}, "InvalidNextTokenException"),
        ({"NextToken": "nonsense"}, "InvalidNextTokenException"),
        ({"NextToken": "ünicode"}, "InvalidNextTokenException"),
        (
            {"NextToken": base64.urlsafe_b64encode(b"\x93\xc4\x01a\xcb\x7f\xf8\0\0\0\0\0\0\xa1a").decode()},
            "InvalidNextTokenException",
        ),
    ],
)
def test_bad_questions_get_cloudtrails_errors(runtime: Runtime, params: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as e:
        lookup(runtime, **params)
    assert (e.value.code, e.value.status) == (code, 400)
    assert e.value.message


def test_a_token_belongs_to_the_question_it_was_given_for(runtime: Runtime) -> None:
    for n in range(3):
        record(runtime, n, "iam", "GetUser", {"UserName": "bob"})
    token = lookup(runtime, MaxResults=1)["NextToken"]
    for params in ({"StartTime": NOON - 5}, {"LookupAttributes": by("Username", "ana")}, {"region": "eu-west-1"}):
        with pytest.raises(AwsError) as e:
            lookup(runtime, NextToken=token, **params)
        assert e.value.code == "InvalidNextTokenException"
    assert len(lookup(runtime, NextToken=token)["Events"]) == 2
