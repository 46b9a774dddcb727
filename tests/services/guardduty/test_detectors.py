"""Detectors, their protection plans, filters and tags."""

from __future__ import annotations

from typing import Any

from garrison.services.guardduty.watched import watched
from tests.services.guardduty.guarded import Guarded, detection
from tests.services.organizations.house import OTHERS, allow


def refused(guarded: Guarded, operation: str, by: str | None = None, **params: Any) -> str:
    error = guarded.house.error(operation, by, "guardduty", **params)
    assert error.code == "BadRequestException"
    return error.message


def test_an_account_has_one_detector_in_a_region(guarded: Guarded) -> None:
    text = "The request is rejected because a detector already exists for the current account."
    assert refused(guarded, "CreateDetector", Enable=True) == text
    assert guarded.run("ListDetectors")["DetectorIds"] == [guarded.detector]
    foreign = "The request is rejected because the input detectorId is not owned by the current account."
    assert refused(guarded, "GetDetector", OTHERS[0], DetectorId=guarded.detector) == foreign
    assert refused(guarded, "GetDetector", DetectorId="0" * 32) == foreign


def test_the_same_token_makes_the_same_detector(guarded: Guarded) -> None:
    made = guarded.run("CreateDetector", OTHERS[0], Enable=True, ClientToken="t")
    assert guarded.run("CreateDetector", OTHERS[0], Enable=True, ClientToken="t") == made


def test_plans_keep_the_order_they_were_given_in(guarded: Guarded) -> None:
    wanted = [
        {"Name": "RUNTIME_MONITORING", "Status": "ENABLED",
         "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]},
        {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"},
    ]  # fmt: skip
    id = guarded.run("CreateDetector", OTHERS[0], Enable=True, Features=wanted)["DetectorId"]
    told = guarded.run("GetDetector", OTHERS[0], DetectorId=id)
    names = [one["Name"] for one in told["Features"]]
    assert names[:5] == ["CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS", "RUNTIME_MONITORING", "S3_DATA_EVENTS"]
    runtime = told["Features"][3]
    agents = {one["Name"]: one["Status"] for one in runtime["AdditionalConfiguration"]}
    assert (runtime["Status"], agents["EC2_AGENT_MANAGEMENT"]) == ("ENABLED", "ENABLED")
    assert told["DataSources"]["S3Logs"] == {"Status": "DISABLED"}


def test_there_is_one_runtime_plan(guarded: Guarded) -> None:
    both = [{"Name": name, "Status": "ENABLED"} for name in ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")]
    assert "both" in refused(guarded, "UpdateDetector", DetectorId=guarded.detector, Features=both)
    guarded.mine("UpdateDetector", Features=both[:1])
    assert "both" in refused(guarded, "UpdateDetector", DetectorId=guarded.detector, Features=both[1:])


def test_a_detector_brings_its_role(guarded: Guarded) -> None:
    role = guarded.mine("GetDetector")["ServiceRole"]
    found = guarded.house.run("GetRole", None, "iam", RoleName="AWSServiceRoleForAmazonGuardDuty")["Role"]
    assert found["Arn"] == role


def test_deleting_loses_everything_and_suspending_nothing(guarded: Guarded) -> None:
    (id,) = guarded.record(detection(1))
    guarded.mine("UpdateDetector", Enable=False)
    assert guarded.listed() == [id]
    with guarded.house.store.reading() as reader:
        assert watched(reader) == []
    guarded.mine("DeleteDetector")
    guarded.detector = guarded.run("CreateDetector", Enable=True)["DetectorId"]
    assert guarded.listed() == []
    with guarded.house.store.reading() as reader:
        assert [one.detector_id for one in watched(reader)] == [guarded.detector]


def test_a_taken_rank_moves_the_others(guarded: Guarded) -> None:
    criteria = {"Criterion": {"type": {"Eq": ["x"]}}}
    for name in ("one", "two", "three"):
        guarded.mine("CreateFilter", Name=name, Rank=1, FindingCriteria=criteria)
    ranks = {name: guarded.mine("GetFilter", FilterName=name)["Rank"] for name in ("one", "two", "three")}
    assert ranks == {"three": 1, "two": 2, "one": 3}
    text = refused(guarded, "CreateFilter", DetectorId=guarded.detector, Name="one", FindingCriteria=criteria)
    assert "already exists" in text
    guarded.mine("DeleteFilter", FilterName="two")
    assert sorted(guarded.mine("ListFilters")["FilterNames"]) == ["one", "three"]


def test_tags_are_kept_where_their_arn_says(guarded: Guarded) -> None:
    detector = f"arn:aws:guardduty:us-east-1:{guarded.account}:detector/{guarded.detector}"
    guarded.mine("CreateFilter", Name="named", FindingCriteria={"Criterion": {"type": {"Eq": ["x"]}}}, Tags={"a": "1"})
    for arn in (detector, f"{detector}/filter/named"):
        guarded.run("TagResource", ResourceArn=arn, Tags={"b": "2"})
        assert guarded.run("ListTagsForResource", ResourceArn=arn)["Tags"]["b"] == "2"
    guarded.run("UntagResource", ResourceArn=f"{detector}/filter/named", TagKeys=["a"])
    assert guarded.mine("GetFilter", FilterName="named")["Tags"] == {"b": "2"}


def test_tags_of_a_detector_decide(guarded: Guarded) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "security"}}
    user = guarded.house.user(guarded.account, "sees", allow("guardduty:GetDetector", Condition=condition))
    assert guarded.house.error("GetDetector", user, "guardduty", DetectorId=guarded.detector).code == "AccessDenied"
    arn = f"arn:aws:guardduty:us-east-1:{guarded.account}:detector/{guarded.detector}"
    guarded.run("TagResource", ResourceArn=arn, Tags={"team": "security"})
    assert guarded.run("GetDetector", user, DetectorId=guarded.detector)["Status"] == "ENABLED"
    found = guarded.house.error("DeleteDetector", user, "guardduty", DetectorId=guarded.detector)
    assert found.code == "AccessDenied"
