"""Findings: one per issue, counted once per occurrence, suppressed, brought back, expired."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.detect.finding import to_finding
from tests.services.guardduty.guarded import STEALTH, Guarded, detection
from tests.services.organizations.house import OTHERS

DAY = 86_400.0


def test_occurrences_of_one_issue_are_one_finding(guarded: Guarded) -> None:
    (id,) = guarded.record(detection(1))
    before = guarded.finding(id)
    guarded.house.clock.advance(60)
    assert guarded.record(detection(3), detection(2)) == [id]
    after = guarded.finding(id)
    assert (before["Service"]["Count"], after["Service"]["Count"]) == (1, 3)
    assert after["Description"] == "mallory stopped trail 3."
    assert after["CreatedAt"] == before["CreatedAt"] < after["UpdatedAt"]
    assert after["Service"]["EventFirstSeen"] == before["Service"]["EventFirstSeen"]
    assert after["Service"]["EventLastSeen"] > before["Service"]["EventLastSeen"]
    assert after["Arn"].endswith(f":detector/{guarded.detector}/finding/{id}")
    assert after["Resource"]["AccessKeyDetails"]["UserName"] == "mallory"


def test_what_was_told_before_counts_once(guarded: Guarded) -> None:
    (id,) = guarded.record(detection(1))
    assert guarded.record(detection(1)) == []
    assert guarded.record(detection(1, description="and now more is known")) == [id]
    found = guarded.finding(id)
    assert (found["Service"]["Count"], found["Description"]) == (1, "and now more is known")


def test_another_key_is_another_finding(guarded: Guarded) -> None:
    assert len(guarded.record(detection(1), detection(2, key=("somebody else",)))) == 2


def test_files_and_server_name_a_finding_alike(guarded: Guarded) -> None:
    (id,) = guarded.record(detection(1))
    assert to_finding([detection(1)], detector_id=guarded.detector)["id"] == id


def test_nothing_is_found_where_nobody_looks(guarded: Guarded) -> None:
    assert guarded.record(detection(1, account=OTHERS[0]), detection(1, region="eu-west-1")) == []
    guarded.mine("UpdateDetector", Enable=False)
    assert guarded.record(detection(1)) == []
    guarded.mine("UpdateDetector", Enable=True, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
    assert guarded.record(detection(1, type="Discovery:S3/TorIPCaller")) == []
    assert len(guarded.record(detection(1, type="Policy:S3/BucketBlockPublicAccessDisabled"))) == 1


def test_an_archived_finding_comes_back_when_it_recurs(guarded: Guarded) -> None:
    (id,) = guarded.record(detection(1))
    guarded.mine("ArchiveFindings", FindingIds=[id])
    assert guarded.listed(**{"service.archived": {"Eq": ["true"]}}) == [id]
    guarded.record(detection(1))
    assert guarded.finding(id)["Service"]["Archived"]
    guarded.record(detection(2))
    assert not guarded.finding(id)["Service"]["Archived"]


def test_a_suppressed_finding_stays_archived(guarded: Guarded) -> None:
    criterion = {"type": {"Equals": [STEALTH]}, "resource.accessKeyDetails.userName": {"Matches": ["mal*"]}}
    guarded.mine("CreateFilter", Name="known", Action="ARCHIVE", FindingCriteria={"Criterion": criterion})
    (id,) = guarded.record(detection(1))
    guarded.record(detection(2))
    found = guarded.finding(id)["Service"]
    assert (found["Archived"], found["Count"]) == (True, 2)
    guarded.mine("UpdateFilter", FilterName="known", Action="NOOP")
    guarded.record(detection(3))
    assert not guarded.finding(id)["Service"]["Archived"]


def test_after_ninety_days_an_issue_is_a_new_finding(guarded: Guarded) -> None:
    (old,) = guarded.record(detection(1))
    guarded.house.clock.advance(91 * DAY)
    assert guarded.listed() == []
    (new,) = guarded.record(detection(2))
    assert new != old
    assert guarded.listed() == [new]
    assert guarded.finding(new)["Service"]["Count"] == 1


@pytest.mark.parametrize(
    ("criterion", "found"),
    [
        ({"severity": {"Eq": ["2"]}}, True),
        ({"severity": {"Gte": 3}}, False),
        ({"service.count": {"GreaterThan": 0, "LessThan": 2}}, True),
        ({"updatedAt": {"GreaterThanOrEqual": 1_790_000_000_000}}, True),
        ({"updatedAt": {"LessThan": 1_790_000_000_000}}, False),
        ({"service.action.awsApiCallAction.remoteIpDetails.ipAddressV4": {"Equals": ["198.51.100.7", "x"]}}, True),
        ({"service.archived": {"NotEquals": ["true"]}, "type": {"Neq": ["other"]}}, True),
        ({"resource.s3BucketDetails.name": {"NotEquals": ["b"]}}, True),
        ({"resource.s3BucketDetails.name": {"Equals": ["b"]}}, False),
    ],
)
def test_criteria_choose(guarded: Guarded, criterion: dict[str, Any], found: bool) -> None:
    ids = guarded.record(detection(1))
    assert guarded.listed(**criterion) == (ids if found else [])


@pytest.mark.parametrize(
    "criterion",
    [
        {"nothing.of.this": {"Eq": ["x"]}},
        {"type": {}},
        {"type": {"Eq": [str(n) for n in range(51)]}},
        {"type": {"Matches": ["*"]}},
    ],
)
def test_what_cannot_be_meant_is_refused(guarded: Guarded, criterion: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match="BadRequestException"):
        guarded.listed(**criterion)


def test_findings_come_sorted_and_in_pages(guarded: Guarded) -> None:
    ids = guarded.record(*(detection(n, key=(str(n),), severity=float(n)) for n in range(1, 8)))
    sort = {"AttributeName": "severity", "OrderBy": "DESC"}
    first = guarded.mine("ListFindings", SortCriteria=sort, MaxResults=3)
    second = guarded.mine("ListFindings", SortCriteria=sort, MaxResults=50, NextToken=first["NextToken"])
    assert first["FindingIds"] + second["FindingIds"] == list(reversed(ids))
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("group", "member", "count"),
    [
        ("ACCOUNT", "GroupedByAccount", 1),
        ("DATE", "GroupedByDate", 2),
        ("FINDING_TYPE", "GroupedByFindingType", 1),
        ("RESOURCE", "GroupedByResource", 1),
        ("SEVERITY", "GroupedBySeverity", 2),
    ],
)
def test_statistics_group(guarded: Guarded, group: str, member: str, count: int) -> None:
    guarded.record(detection(1), detection(2, key=("b",)), detection(3, key=("c",), severity=8.0))
    groups = guarded.mine("GetFindingsStatistics", GroupBy=group)["FindingStatistics"][member]
    assert (len(groups), sum(one["TotalFindings"] for one in groups)) == (count, 3)
    counted = guarded.mine("GetFindingsStatistics", FindingStatisticTypes=["COUNT_BY_SEVERITY"])
    assert counted["FindingStatistics"]["CountBySeverity"] == {"2.0": 2, "8.0": 1}
