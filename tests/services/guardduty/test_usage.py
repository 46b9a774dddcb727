"""What was looked at is counted and priced; hosts are covered while they are heard of."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from garrison.detect.events import Flow
from garrison.sensor.usage import Meter
from tests.detect.making import api
from tests.services.guardduty.guarded import Guarded

HOST = "i-0123456789abcdef0"


def flow(n: int) -> Flow:
    return Flow(
        f"f{n}", 1.0, 2.0, "111111111111", "us-east-1", HOST, "eni-1", "10.0.0.1", "198.51.100.7", 4000 + n, 443, 6, 3,
        180, True, True,
    )  # fmt: skip


def looked_at(guarded: Guarded) -> None:
    meter = Meter()
    bucket = {"bucketName": "invoices"}
    calls: list[Any] = [api("iam", "ListUsers", account=guarded.account) for _ in range(5)]
    calls += [api("s3", "GetObject", bucket, data=True, account=guarded.account) for _ in range(3)]
    meter.count([msgspec.structs.replace(call, region="us-east-1") for call in calls])
    meter.count([flow(n) for n in range(10)])
    meter.flush(guarded.house.store, guarded.house.clock.now())


def usage(guarded: Guarded, kind: str, **criteria: Any) -> list[dict[str, Any]]:
    told = guarded.mine("GetUsageStatistics", UsageStatisticType=kind, UsageCriteria=criteria)["UsageStatistics"]
    found: list[dict[str, Any]] = next(iter(told.values()))
    return found


def test_usage_is_what_was_measured(guarded: Guarded) -> None:
    looked_at(guarded)
    every = ["CLOUD_TRAIL", "S3_DATA_EVENTS", "FLOW_LOGS", "DNS_LOGS"]
    by_feature = {one["Feature"]: one["Total"] for one in usage(guarded, "SUM_BY_FEATURES", Features=every)}
    assert by_feature["CLOUD_TRAIL"] == {"Amount": "0.00002", "Unit": "USD"}
    assert by_feature["S3_DATA_EVENTS"] == {"Amount": "0.0000024", "Unit": "USD"}
    assert float(by_feature["FLOW_LOGS"]["Amount"]) > 0
    assert [one["Resource"] for one in usage(guarded, "TOP_RESOURCES", Features=["S3_DATA_EVENTS"])] == ["invoices"]
    sources = usage(guarded, "SUM_BY_DATA_SOURCE", DataSources=["S3_LOGS", "CLOUD_TRAIL"])
    assert [one["DataSource"] for one in sources] == ["CLOUD_TRAIL", "S3_LOGS"]
    assert [one["AccountId"] for one in usage(guarded, "SUM_BY_ACCOUNT", Features=every)] == [guarded.account]
    top = usage(guarded, "TOP_ACCOUNTS_BY_FEATURE", Features=["CLOUD_TRAIL"])
    assert top[0]["Accounts"][0]["AccountId"] == guarded.account
    guarded.house.clock.advance(31 * 86_400)
    assert usage(guarded, "SUM_BY_FEATURES", Features=every) == []
    with pytest.raises(Exception, match="exactly one"):
        usage(guarded, "SUM_BY_ACCOUNT")


def test_a_host_is_covered_while_it_is_heard_of(guarded: Guarded) -> None:
    looked_at(guarded)
    assert guarded.mine("ListCoverage")["Resources"] == []
    guarded.mine("UpdateDetector", Features=[{"Name": "RUNTIME_MONITORING", "Status": "ENABLED"}])
    (host,) = guarded.mine("ListCoverage")["Resources"]
    assert (host["ResourceId"], host["CoverageStatus"]) == (HOST, "HEALTHY")
    guarded.house.clock.advance(601)
    (host,) = guarded.mine("ListCoverage")["Resources"]
    assert (host["CoverageStatus"], host["Issue"]) == ("UNHEALTHY", "Agent Not Reporting")
    healthy = [{"CriterionKey": "COVERAGE_STATUS", "FilterCondition": {"Equals": ["HEALTHY"]}}]
    assert guarded.mine("ListCoverage", FilterCriteria={"FilterCriterion": healthy})["Resources"] == []
    kinds = ["COUNT_BY_RESOURCE_TYPE", "COUNT_BY_COVERAGE_STATUS"]
    assert guarded.mine("GetCoverageStatistics", StatisticsType=kinds)["CoverageStatistics"] == {
        "CountByResourceType": {"EC2": 1}, "CountByCoverageStatus": {"UNHEALTHY": 1},
    }  # fmt: skip
