"""Calls to GuardDuty as the gateway makes them, and detections as the sensor gives them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import garrison.services.guardduty  # noqa: F401 - the import registers the operations
from garrison.access.authorize import authorize
from garrison.access.objects import Folders
from garrison.detect.detection import Detection
from garrison.policy.principal import Principal
from garrison.services.guardduty.findings import record
from garrison.services.operation import OPERATIONS
from tests.services.organizations.house import MANAGEMENT, House

STEALTH = "Stealth:IAMUser/CloudTrailLoggingDisabled"


def detection(n: int = 1, **changed: Any) -> Detection:
    """One occurrence of a trail being stopped."""
    stated: dict[str, Any] = {
        "type": STEALTH,
        "account": MANAGEMENT,
        "region": "us-east-1",
        "key": ("arn:aws:iam::111111111111:user/mallory",),
        "occurrence": f"event-{n}",
        "first": 1_790_000_000.0 + n,
        "last": 1_790_000_000.0 + n,
        "severity": 2.0,
        "title": "A trail was stopped.",
        "description": f"mallory stopped trail {n}.",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {"accessKeyId": "AKIA1", "userName": "mallory", "userType": "IAMUser"},
        },
        "action": {
            "actionType": "AWS_API_CALL",
            "awsApiCallAction": {
                "api": "StopLogging",
                "serviceName": "cloudtrail.amazonaws.com",
                "remoteIpDetails": {"ipAddressV4": "198.51.100.7", "country": {"countryName": "Norway"}},
            },
        },
    }
    return Detection(**{**stated, **changed})


class Guarded:
    """One house, GuardDuty enabled in its first account."""

    def __init__(self, directory: Path) -> None:
        self.house = House(directory)
        self.buckets = directory / "buckets"
        (self.buckets / "feeds").mkdir(parents=True)
        self.house.runtime = dataclasses.replace(self.house.runtime, objects=Folders(self.buckets))
        self.account = MANAGEMENT
        self.detector = str(self.run("CreateDetector", Enable=True)["DetectorId"])

    def close(self) -> None:
        self.house.close()

    def run(self, operation: str, by: Principal | str | None = None, **params: Any) -> dict[str, Any]:
        """The operation's output, with what it left for later done."""
        call = self.house.call(operation, by, "guardduty", **params)
        found = OPERATIONS["guardduty", operation]
        store = self.house.store
        with store.reading() as reader:
            authorize(call, reader)
            if found.access == "read":
                output = found.function(call, reader)
                if call.later is None:
                    return output or {}
        if call.later is not None:
            return call.later() or {}
        if found.prepare is not None:
            with store.reading() as reader:
                call.prepared = found.prepare(call, reader)
        return store.writing(lambda tx: found.function(call, tx)) or {}

    def put(self, key: str, text: str) -> str:
        """An object in the bucket `feeds`: its location."""
        (self.buckets / "feeds" / key).write_text(text)
        return f"s3://feeds/{key}"

    def mine(self, operation: str, **params: Any) -> dict[str, Any]:
        """An operation on the first account's detector."""
        return self.run(operation, DetectorId=self.detector, **params)

    def record(self, *detections: Detection) -> list[str]:
        now = self.house.clock.now()
        return self.house.store.writing(lambda tx: record(tx, detections, now=now))

    def finding(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.mine("GetFindings", FindingIds=[id])["Findings"][0]
        return found

    def listed(self, **criterion: Any) -> list[str]:
        """Ids of the findings that conditions mean."""
        wanted = {"FindingCriteria": {"Criterion": criterion}} if criterion else {}
        ids: list[str] = self.mine("ListFindings", **wanted)["FindingIds"]
        return ids
