"""CIS scans: when they start, what agents report, and what is told of it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.services.inspector2.cis import schedule
from tests.services.inspector2.inspector import HOST, Inspector, equals

OTHER_HOST = "i-" + "2" * 17
TOKEN = str(uuid.uuid4())
AT = {"timeOfDay": "06:30", "timezone": "Europe/Berlin"}
NOON = 1_790_000_000.0  # 2026-09-21, a Monday, 14:13 UTC


def configure(inspector: Inspector, when: dict[str, Any], **more: Any) -> str:
    params: dict[str, Any] = {
        "scanName": "all", "securityLevel": "LEVEL_1", "schedule": when,
        "targets": {"accountIds": ["SELF"], "targetResourceTags": {"env": ["prod", "test"]}}, **more,
    }  # fmt: skip
    return str(inspector.run("CreateCisScanConfiguration", **params)["scanConfigurationArn"])


def jobs(inspector: Inspector, host: str = HOST) -> list[str]:
    tasks = inspector.run("ListResourceTasks", resourceId=host)["tasks"]
    return [task["scanJobId"] for task in tasks if task["type"] == "CIS"]


def scan(inspector: Inspector) -> dict[str, Any]:
    found: dict[str, Any] = inspector.run("ListCisScans")["scans"][0]
    return found


def message(rule: str, status: str, **details: str) -> dict[str, Any]:
    return {"ruleId": rule, "status": status, "cisRuleDetails": json.dumps(details).encode()}


def test_an_agent_reports_and_its_results_are_told_in_three_ways(inspector: Inspector) -> None:
    inspector.host(tags={"env": "prod"})
    inspector.host(id=OTHER_HOST, tags={"env": "dev"})
    configure(inspector, {"oneTime": {}})
    assert jobs(inspector, OTHER_HOST) == []
    (job,) = jobs(inspector)
    session = {"scanJobId": job, "sessionToken": TOKEN}
    assert inspector.refused("SendCisSessionHealth", **session) == "Conflict"
    inspector.run("StartCisSession", scanJobId=job, message={"sessionToken": TOKEN})
    inspector.run("StartCisSession", scanJobId=job, message={"sessionToken": TOKEN})
    other = {"sessionToken": str(uuid.uuid4())}
    assert inspector.refused("StartCisSession", scanJobId=job, message=other) == "Conflict"
    assert inspector.refused("SendCisSessionHealth", scanJobId=job, **other) == "AccessDenied"
    told = [
        message("a", "PASSED", title="First", level="LEVEL_1", remediation="none"),
        message("b", "FAILED", title="Second", level="LEVEL_2", reason="found rw"),
        {"ruleId": "c", "status": "NOT_APPLICABLE", "cisRuleDetails": b"\xff"},
    ]
    inspector.run("SendCisSessionTelemetry", **session, messages=told)
    inspector.run("SendCisSessionTelemetry", **session, messages=told[:1])
    assert scan(inspector)["status"] == "IN_PROGRESS"
    arn = scan(inspector)["scanArn"]
    assert inspector.run("GetCisScanReport", scanArn=arn) == {"status": "IN_PROGRESS"}
    end = {"status": "SUCCESS", "progress": {}, "computePlatform": {"vendor": "debian", "version": "12"}}
    inspector.run("StopCisSession", **session, message=end)
    assert inspector.refused("StopCisSession", **session, message=end) == "Conflict"
    assert (scan(inspector)["status"], scan(inspector)["failedChecks"], scan(inspector)["totalChecks"]) == (
        "COMPLETED",
        1,
        3,
    )
    details = inspector.run("GetCisScanResultDetails", scanArn=arn, targetResourceId=HOST, accountId=inspector.account)[
        "scanResultDetails"
    ]
    assert [(one["checkId"], one["status"], one.get("statusReason")) for one in details] == [
        ("a", "PASSED", None), ("b", "FAILED", "found rw"), ("c", "SKIPPED", "NOT_APPLICABLE"),
    ]  # fmt: skip
    by_check = inspector.run(
        "ListCisScanResultsAggregatedByChecks", scanArn=arn, sortBy="FAILED_COUNTS", sortOrder="DESC",
        filterCriteria={"platformFilters": equals("debian 12")},
    )["checkAggregations"]  # fmt: skip
    assert (by_check[0]["checkId"], by_check[0]["statusCounts"]) == (
        "b",
        {"failed": 1, "skipped": 0, "passed": 0},
    )
    (by_target,) = inspector.run("ListCisScanResultsAggregatedByTargetResource", scanArn=arn)[
        "targetResourceAggregations"
    ]
    assert (by_target["targetStatus"], by_target["statusCounts"]) == (
        "COMPLETED",
        {"failed": 1, "skipped": 1, "passed": 1},
    )
    assert inspector.run("GetCisScanReport", scanArn=arn, reportFormat="CSV")["url"].startswith("http")
    gone = arn[:-36] + str(uuid.uuid4())
    assert inspector.refused("ListCisScanResultsAggregatedByChecks", scanArn=gone) == "Validation"
    assert inspector.refused("GetCisScanReport", scanArn=gone) == "ResourceNotFound"


def test_hosts_without_an_agent_and_silent_sessions_time_out(inspector: Inspector) -> None:
    inspector.host(tags={"env": "prod"})
    inspector.host(id=OTHER_HOST, tags={"env": "test"})
    configure(inspector, {"oneTime": {}})
    (job,) = jobs(inspector)
    inspector.wait(1000)
    inspector.run("StartCisSession", scanJobId=job, message={"sessionToken": TOKEN})
    inspector.wait(1700)
    inspector.run("SendCisSessionHealth", scanJobId=job, sessionToken=TOKEN)
    inspector.wait(1700)
    arn = scan(inspector)["scanArn"]

    def told() -> list[tuple[str, str]]:
        listed = inspector.run("ListCisScanResultsAggregatedByTargetResource", scanArn=arn)[
            "targetResourceAggregations"
        ]
        return [(one.get("targetStatus", ""), one.get("targetStatusReason", "")) for one in listed]

    assert told() == [("", "SCAN_IN_PROGRESS"), ("TIMED_OUT", "SSM_UNMANAGED")]
    inspector.wait(200)
    assert told() == [("TIMED_OUT", ""), ("TIMED_OUT", "SSM_UNMANAGED")]
    assert scan(inspector)["status"] == "FAILED"


def test_a_daily_scan_starts_by_itself_until_its_configuration_is_gone(inspector: Inspector) -> None:
    inspector.host(tags={"env": "prod"})
    arn = configure(inspector, {"daily": {"startTime": AT}}, tags={"a": "b"})
    assert inspector.run("ListCisScans")["scans"] == []
    inspector.wait(86_400)
    assert len(inspector.run("ListCisScans")["scans"]) == 1
    inspector.run("UpdateCisScanConfiguration", scanConfigurationArn=arn, scanName="other")
    inspector.wait(86_400)
    assert sorted(one["scanName"] for one in inspector.run("ListCisScans")["scans"]) == ["all", "other"]
    assert inspector.run("ListTagsForResource", resourceArn=arn)["tags"] == {"a": "b"}
    inspector.run("TagResource", resourceArn=arn, tags={"c": "d"})
    inspector.run("UntagResource", resourceArn=arn, tagKeys=["a"])
    (shown,) = inspector.run("ListCisScanConfigurations", filterCriteria={"scanNameFilters": equals("other")})[
        "scanConfigurations"
    ]
    assert shown["tags"] == {"c": "d"}
    inspector.run("DeleteCisScanConfiguration", scanConfigurationArn=arn)
    inspector.wait(2 * 86_400)
    assert len(inspector.run("ListCisScans")["scans"]) == 2
    assert inspector.refused("DeleteCisScanConfiguration", scanConfigurationArn=arn) == "ResourceNotFound"


@pytest.mark.parametrize(
    ("when", "hours"),
    [
        ({"daily": {"startTime": AT}}, 14.28),
        ({"weekly": {"startTime": AT, "days": ["MON"]}}, 6 * 24 + 14.28),
        ({"weekly": {"startTime": AT, "days": ["TUE", "MON"]}}, 14.28),
        ({"monthly": {"startTime": AT, "day": "THU"}}, 9 * 24 + 14.28),
    ],
)
def test_the_next_start_is_in_the_schedules_own_time(when: dict[str, Any], hours: float) -> None:
    following = schedule.following(when, NOON)
    assert following is not None
    assert (following - NOON) / 3600 == pytest.approx(hours, abs=0.01)


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"daily": {"startTime": {"timeOfDay": "25:00", "timezone": "UTC"}}},
        {"daily": {"startTime": {"timeOfDay": "05:00", "timezone": "../etc/passwd"}}},
        {"oneTime": {}, "daily": {"startTime": AT}},
    ],
)
def test_a_schedule_that_means_nothing_is_refused(when: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match="ValidationException"):
        schedule.check(when)
