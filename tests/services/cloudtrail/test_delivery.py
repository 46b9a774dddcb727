"""What happened is in the bucket of a trail that was logging: all of it, once."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from garrison.access.objects import Folders, Missing
from garrison.services import sealing
from garrison.services.cloudtrail.delivery import deliver
from garrison.services.cloudtrail.resources import DELIVERY
from tests.services.cloudtrail.house import BUCKET, Trailed
from tests.services.organizations.house import MANAGEMENT, OTHERS

_KEY = re.compile(
    rf"AWSLogs/{MANAGEMENT}/CloudTrail/us-east-1/\d{{4}}/\d\d/\d\d/"
    rf"{MANAGEMENT}_CloudTrail_us-east-1_\d{{8}}T\d{{4}}Z_[A-Za-z0-9]{{16}}\.json\.gz"
)


def test_files_hold_what_happened_while_it_was_logging(trailed: Trailed) -> None:
    trailed.create()
    trailed.user("before")
    trailed.house.clock.advance(1)
    trailed.run("StartLogging", Name="every-call")
    trailed.user("one")
    trailed.user("somebody-else-s", by=OTHERS[0])
    trailed.run("GetTrailStatus", Name="every-call")
    assert deliver(trailed.house.runtime) == 0, "its minute is not over"
    assert trailed.deliver() == 1
    (path,) = [path for path in trailed.bucket.rglob("*") if path.is_file()]
    assert _KEY.fullmatch(path.relative_to(trailed.bucket).as_posix())
    assert trailed.names() == ["StartLogging", "CreateUser", "GetTrailStatus"]
    status = trailed.run("GetTrailStatus", Name="every-call")
    assert (status["IsLogging"], status["LatestDeliveryTime"]) == (True, trailed.house.clock.now())
    trailed.house.clock.advance(1)
    trailed.run("StopLogging", Name="every-call")
    trailed.house.clock.advance(1)
    trailed.user("late")
    trailed.deliver()
    assert trailed.names()[-2:] == ["GetTrailStatus", "StopLogging"]
    status = trailed.run("GetTrailStatus", Name="every-call")
    assert (status["IsLogging"], "LatestDeliveryError" in status) == (False, False)
    trailed.run("StartLogging", Name="every-call")
    trailed.user("again")
    trailed.deliver()
    assert trailed.users() == ["again", "one"]


def test_either_database_has_it_all(tmp_path: Path, database: str) -> None:
    trailed = Trailed(tmp_path / "beside", database)
    try:
        trailed.logging()
        for n in range(30):
            trailed.user(f"user-{n}")
            trailed.run("ListTrails")
        trailed.deliver()
        trailed.user("last")
        trailed.deliver()
        assert trailed.users() == sorted(["last", *(f"user-{n}" for n in range(30))])
        assert trailed.names().count("ListTrails") == 30
    finally:
        trailed.close()


def test_what_happened_before_a_trail_was_deleted_arrives(trailed: Trailed) -> None:
    trailed.logging()
    trailed.run("DeleteTrail", Name="every-call")
    trailed.house.clock.advance(1)
    trailed.user("late")
    for _ in range(4):
        trailed.deliver()
    assert trailed.names() == ["StartLogging", "DeleteTrail"]
    with trailed.house.store.reading() as reader:
        assert reader.page(DELIVERY, "") == []


class _Failing(Folders):
    """Takes some objects, then none."""

    left = 1

    def write(self, bucket: str, key: str, data: bytes, kms_key: str | None = None) -> None:
        if self.left == 0:
            raise Missing("it broke")
        self.left -= 1
        super().write(bucket, key, data, kms_key)


def test_what_was_interrupted_is_neither_lost_nor_doubled(trailed: Trailed) -> None:
    trailed.logging(IsMultiRegionTrail=True)
    trailed.user("one")
    trailed.run("DescribeTrails", region="eu-west-1")
    whole = trailed.house.runtime
    object.__setattr__(whole, "objects", _Failing(trailed.buckets))
    trailed.deliver()
    assert len(trailed.names()) == 1
    trailed.user("two")
    assert trailed.run("GetTrailStatus", Name="every-call")["LatestDeliveryError"] == "AccessDenied"
    object.__setattr__(whole, "objects", Folders(trailed.buckets))
    trailed.deliver()
    assert trailed.users() == ["one", "two"]
    ids = [one["eventID"] for one in trailed.records()]
    assert len(ids) == len(set(ids)) == 5
    assert "LatestDeliveryError" not in trailed.run("GetTrailStatus", Name="every-call")


def test_a_bucket_that_went_away_is_told_of_and_waited_for(trailed: Trailed) -> None:
    trailed.logging()
    trailed.user("one")
    trailed.bucket.rename(trailed.buckets / "elsewhere")
    assert trailed.deliver() == 0
    assert trailed.run("GetTrailStatus", Name="every-call")["LatestDeliveryError"] == "NoSuchBucket"
    (trailed.buckets / "elsewhere").rename(trailed.bucket)
    trailed.deliver()
    assert trailed.users() == ["one"]


def test_files_are_under_the_trail_s_key(trailed: Trailed) -> None:
    key = trailed.run("CreateKey", service="kms")["KeyMetadata"]
    refused = {"Name": "every-call", "S3BucketName": BUCKET, "KmsKeyId": key["KeyId"]}
    assert trailed.refused("CreateTrail", **refused)[0] == "InsufficientEncryptionPolicyException"
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "kms:*",
         "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
         "Resource": "*", "Condition": {
             "StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{MANAGEMENT}:trail/every-call"},
             "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{MANAGEMENT}:trail/*"},
         }},
    ]  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    trailed.run("PutKeyPolicy", service="kms", KeyId=key["KeyId"], PolicyName="default", Policy=document)
    assert trailed.logging(KmsKeyId=key["KeyId"])["KmsKeyId"] == key["Arn"]
    assert trailed.deliver() == 1
    (path,) = [path for path in trailed.bucket.rglob("*") if path.is_file()]
    asked = sealing.asked(path.read_bytes())
    plain = trailed.run("Decrypt", service="kms", **asked)["Plaintext"]
    records = json.loads(gzip.decompress(sealing.opened(path.read_bytes(), plain)))["Records"]
    assert records[0]["eventName"] == "StartLogging"


_MANAGED: dict[str, Any] = {"Field": "eventCategory", "Equals": ["Management"]}


@pytest.mark.parametrize(
    ("selectors", "delivered"),
    [
        ({"EventSelectors": [{"ReadWriteType": "ReadOnly"}]}, ["ListTrails"]),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}, ["CreateUser"]),
        (
            {"EventSelectors": [{"IncludeManagementEvents": False,
                                 "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]},
            [],
        ),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [_MANAGED]}]}, ["CreateUser", "ListTrails"]),
        (
            {"AdvancedEventSelectors": [{"FieldSelectors": [
                _MANAGED, {"Field": "eventSource", "NotStartsWith": ["iam."]},
                {"Field": "eventName", "StartsWith": ["List", "Create"]},
            ]}]},
            ["ListTrails"],
        ),
    ],
)  # fmt: skip
def test_selectors_choose(trailed: Trailed, selectors: dict[str, Any], delivered: list[str]) -> None:
    trailed.create()
    told = trailed.run("PutEventSelectors", TrailName="every-call", **selectors)
    assert trailed.run("GetEventSelectors", TrailName="every-call") == told
    assert trailed.run("GetTrail", Name="every-call")["Trail"]["HasCustomEventSelectors"] is True
    trailed.house.clock.advance(1)
    trailed.run("StartLogging", Name="every-call")
    trailed.house.clock.advance(1)
    trailed.user("one")
    trailed.run("ListTrails")
    trailed.deliver()
    assert [name for name in trailed.names() if name != "StartLogging"] == delivered


@pytest.mark.parametrize(
    "selectors",
    [
        {},
        {"EventSelectors": [{}], "AdvancedEventSelectors": [{"FieldSelectors": [_MANAGED]}]},
        {"EventSelectors": [{}] * 6},
        {"EventSelectors": [{"IncludeManagementEvents": False}]},
        {"EventSelectors": [{"ExcludeManagementEventSources": ["iam.amazonaws.com"]}]},
        {"EventSelectors": [{"DataResources": [{"Type": "AWS::EC2::Instance", "Values": ["x"]}]}]},
        {"EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["our-bucket"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [_MANAGED, {"Field": "readOnly", "Equals": ["yes"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [_MANAGED, {"Field": "resources.ARN", "Equals": ["x"]}]}]},
    ],
)
def test_selectors_that_choose_nothing_sensible_are_refused(trailed: Trailed, selectors: dict[str, Any]) -> None:
    trailed.create()
    assert trailed.refused("PutEventSelectors", TrailName="every-call", **selectors)[0] == (
        "InvalidEventSelectorsException"
    )
