"""Trails: made, changed, found, tagged, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.policy.principal import User
from tests.services.cloudtrail.house import BUCKET, Trailed
from tests.services.organizations.house import MANAGEMENT, OTHERS, allow, policy

ARN = f"arn:aws:cloudtrail:us-east-1:{MANAGEMENT}:trail/every-call"


def test_a_trail_is_what_was_asked_for(trailed: Trailed) -> None:
    made = trailed.create(S3KeyPrefix="all", TagsList=[{"Key": "team", "Value": "blue"}])
    assert made == {
        "Name": "every-call",
        "S3BucketName": BUCKET,
        "S3KeyPrefix": "all",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": ARN,
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    }
    whole = {**made, "HomeRegion": "us-east-1", "HasCustomEventSelectors": False, "HasInsightSelectors": False}
    assert trailed.run("GetTrail", Name=ARN) == {"Trail": whole}
    assert trailed.run("DescribeTrails") == {"trailList": [whole]}
    assert trailed.run("DescribeTrails", trailNameList=["every-call", "no-such"]) == {"trailList": [whole]}
    assert trailed.run("GetTrailStatus", Name="every-call")["IsLogging"] is False
    tags = trailed.run("ListTags", ResourceIdList=[ARN])["ResourceTagList"]
    assert tags == [{"ResourceId": ARN, "TagsList": [{"Key": "team", "Value": "blue"}]}]
    assert trailed.run("DescribeTrails", OTHERS[0]) == {"trailList": []}


def test_a_trail_of_all_regions_is_seen_in_each_and_changed_at_home(trailed: Trailed) -> None:
    trailed.create(IsMultiRegionTrail=True)
    trailed.create("here")
    west = trailed.run("DescribeTrails", region="eu-west-1")["trailList"]
    assert [one["TrailARN"] for one in west] == [ARN]
    assert trailed.run("DescribeTrails", region="eu-west-1", includeShadowTrails=False)["trailList"] == []
    assert trailed.run("GetTrailStatus", region="eu-west-1", Name=ARN)["IsLogging"] is False
    assert trailed.refused("GetTrail", region="eu-west-1", Name="every-call")[0] == "TrailNotFoundException"
    assert trailed.refused("StartLogging", region="eu-west-1", Name=ARN)[0] == "InvalidHomeRegionException"
    taken = trailed.refused("CreateTrail", region="eu-west-1", Name="every-call", S3BucketName=BUCKET)
    assert taken[0] == "TrailAlreadyExistsException"
    assert len(trailed.run("ListTrails", region="eu-west-1")["Trails"]) == 2
    assert trailed.run("UpdateTrail", Name="every-call", IsMultiRegionTrail=False)["IsMultiRegionTrail"] is False
    assert trailed.run("DescribeTrails", region="eu-west-1")["trailList"] == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Name": "ab"}, "InvalidTrailNameException"),
        ({"Name": "a" * 129}, "InvalidTrailNameException"),
        ({"Name": "-abc"}, "InvalidTrailNameException"),
        ({"Name": "abc."}, "InvalidTrailNameException"),
        ({"Name": "a--bc"}, "InvalidTrailNameException"),
        ({"Name": "a bc"}, "InvalidTrailNameException"),
        ({"Name": "192.168.5.4"}, "InvalidTrailNameException"),
        ({"S3BucketName": "nobody-s"}, "S3BucketDoesNotExistException"),
        ({"S3BucketName": "No_Bucket"}, "InvalidS3BucketNameException"),
        ({"S3KeyPrefix": "x" * 201}, "InvalidS3PrefixException"),
        ({"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False}, "InvalidParameterCombinationException"),
        ({"EnableLogFileValidation": True}, "UnsupportedOperationException"),
        ({"SnsTopicName": "told"}, "UnsupportedOperationException"),
        ({"IsOrganizationTrail": True}, "OrganizationsNotInUseException"),
        ({"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:1:log-group:x:*"},
         "CloudWatchLogsDeliveryUnavailableException"),
        ({"KmsKeyId": "alias/no-such"}, "KmsKeyNotFoundException"),
        ({"TagsList": [{"Key": "a"}, {"Key": "a"}]}, "InvalidTagParameterException"),
        ({"TagsList": [{"Key": str(n)} for n in range(51)]}, "TagsLimitExceededException"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(trailed: Trailed, params: dict[str, Any], code: str) -> None:
    assert trailed.refused("CreateTrail", **{"Name": "every-call", "S3BucketName": BUCKET, **params})[0] == code
    assert trailed.run("ListTrails")["Trails"] == []


def test_a_name_is_taken_once_and_there_are_five(trailed: Trailed) -> None:
    trailed.create()
    again = {"Name": "every-call", "S3BucketName": BUCKET}
    assert trailed.refused("CreateTrail", **again) == (
        "TrailAlreadyExistsException", f"Trail every-call already exists for customer: {MANAGEMENT}",
    )  # fmt: skip
    for n in range(4):
        trailed.create(f"more-{n}", IsMultiRegionTrail=n == 0)
    code, text = trailed.refused("CreateTrail", **{**again, "Name": "sixth"})
    assert (code, text) == (
        "MaximumNumberOfTrailsExceededException", f"User: {MANAGEMENT} already has 5 trails in us-east-1.",
    )  # fmt: skip
    trailed.run("CreateTrail", region="eu-west-1", **again)


def test_what_is_not_there(trailed: Trailed) -> None:
    assert trailed.refused("StopLogging", Name="no-such") == (
        "TrailNotFoundException", f"Unknown trail: no-such for the user: {MANAGEMENT}",
    )  # fmt: skip
    assert trailed.refused("AddTags", ResourceId=ARN, TagsList=[])[0] == "ResourceNotFoundException"


def test_tags_decide_who_may(trailed: Trailed) -> None:
    trailed.create()
    stopping = allow("cloudtrail:StopLogging", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
    made = trailed.run("CreateUser", service="iam", UserName="ana")["User"]
    trailed.run("PutUserPolicy", service="iam", UserName="ana", PolicyName="p", PolicyDocument=policy(stopping))
    ana = User(MANAGEMENT, made["Arn"], made["UserId"])
    assert trailed.refused("StopLogging", by=ana, Name="every-call")[0].startswith("AccessDenied")
    trailed.run("AddTags", ResourceId=ARN, TagsList=[{"Key": "team", "Value": "blue"}])
    trailed.run("StopLogging", by=ana, Name="every-call")
    trailed.run("RemoveTags", ResourceId=ARN, TagsList=[{"Key": "team"}])
    assert trailed.refused("StopLogging", by=ana, Name="every-call")[0].startswith("AccessDenied")
