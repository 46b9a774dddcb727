"""Calls of S3 in the trail, as CloudTrail writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.trail.event import event
from tests.trail.calls import ACCOUNT, call

RULES = [{"ID": "a", "Status": "Enabled"}, {"ID": "b", "Status": "Enabled"}]
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
GROUP = {"URI": EVERYBODY, "Type": "Group"}


def record(operation: str, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event(call("s3", operation, params)).event)
    return found


def test_a_read_of_an_object_is_a_data_event_with_its_resources() -> None:
    found = record("GetObject", Bucket="data", Key="a/b", VersionId="v1", SSECustomerKey="secret")
    assert (found["eventName"], found["eventCategory"], found["managementEvent"]) == ("GetObject", "Data", False)
    assert found["requestParameters"] == {
        "bucketName": "data", "key": "a/b", "versionId": "v1",
        "x-amz-server-side-encryption-customer-key": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }  # fmt: skip
    assert found["resources"] == [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::data/a/b"},
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::data"},
    ]


@pytest.mark.parametrize(
    ("operation", "params", "name", "shown"),
    [
        (
            "PutPublicAccessBlock",
            {"PublicAccessBlockConfiguration": {"BlockPublicAcls": False}},
            "PutBucketPublicAccessBlock",
            {"publicAccessBlock": "", "PublicAccessBlockConfiguration": {"BlockPublicAcls": False}},
        ),
        (
            "PutBucketPolicy",
            {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
            "PutBucketPolicy",
            {"policy": "", "bucketPolicy": {"Version": "2012-10-17", "Statement": []}},
        ),
        ("PutBucketPolicy", {"Policy": "no policy"}, "PutBucketPolicy", {"policy": "", "bucketPolicy": "no policy"}),
        ("PutBucketAcl", {"ACL": "public-read"}, "PutBucketAcl", {"acl": "", "x-amz-acl": "public-read"}),
        (
            "PutBucketAcl",
            {"AccessControlPolicy": {"Grants": [{"Grantee": GROUP, "Permission": "READ"}]}},
            "PutBucketAcl",
            {
                "acl": "",
                "AccessControlPolicy": {
                    "AccessControlList": {
                        "Grant": {"Grantee": {"URI": EVERYBODY, "xsi:type": "Group"}, "Permission": "READ"}
                    }
                },
            },
        ),
        (
            "PutBucketLifecycleConfiguration",
            {"LifecycleConfiguration": {"Rules": RULES}},
            "PutBucketLifecycle",
            {
                "lifecycle": "",
                "LifecycleConfiguration": {"Rule": RULES},
            },
        ),
        ("ListObjectsV2", {"Prefix": "a/"}, "ListObjects", {"list-type": "2", "prefix": "a/"}),
    ],
)
def test_parameters_are_as_on_the_wire(operation: str, params: Any, name: str, shown: Any) -> None:
    found = record(operation, Bucket="data", **params)
    assert found["eventName"] == name
    assert found["requestParameters"] == {"bucketName": "data", **shown}


def test_whatever_a_user_calls_objects_and_their_metadata_the_record_can_be_written() -> None:
    found = record("PutObject", Bucket="data", Key="\ud800", Metadata={"a": "b"}, ContentLength=3)
    assert found["requestParameters"] == {"bucketName": "data", "key": "?"}
