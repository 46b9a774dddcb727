"""GuardDuty through boto3 and the aws command, on a running server."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from garrison.services.guardduty.findings import record
from garrison.store.open import open_store
from tests.clients.drivers import AwsCommand, Boto3, Driver, Refused
from tests.clients.house import moto
from tests.clients.scenario import policy
from tests.clients.server import Server
from tests.detect.test_malware import EICAR
from tests.services.guardduty.guarded import STEALTH, detection

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("guardduty")]


@pytest.fixture(params=["boto3", pytest.param("aws", marks=pytest.mark.soak)])
def driver(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[Driver]:
    """The same calls through both clients; the aws command takes its time."""
    made: Driver = Boto3(server.url) if request.param == "boto3" else AwsCommand(server.url, tmp_path)
    yield made
    made.close()


class Account:
    """An account of its own, with GuardDuty enabled."""

    def __init__(self, driver: Driver, server: Server) -> None:
        self._driver = driver
        self._server = server
        self.id, self.root = server.new_account(f"gd-{uuid.uuid4().hex[:8]}")
        self.detector = self.guardduty("CreateDetector", Enable=True)["DetectorId"]

    def guardduty(self, operation: str, **params: Any) -> dict[str, Any]:
        return self._driver.call(self.root, "guardduty", operation, **params)

    def mine(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.guardduty(operation, DetectorId=self.detector, **params)

    def refused(self, operation: str, **params: Any) -> tuple[str, str]:
        """(code, message)"""
        with pytest.raises(Refused) as caught:
            self.guardduty(operation, **params)
        return caught.value.code, caught.value.message

    def happened(self, *numbers: int) -> str:
        """The id of the finding that occurrences make."""
        store = open_store(self._server.database)
        try:
            some = [detection(n, account=self.id) for n in numbers]
            (id,) = store.writing(lambda tx: record(tx, some, now=1_800_000_000.0))
        finally:
            store.close()
        return str(id)


def test_a_detectors_life(driver: Driver, server: Server) -> None:
    account = Account(driver, server)
    told = account.mine("GetDetector")
    assert (told["Status"], told["FindingPublishingFrequency"]) == ("ENABLED", "SIX_HOURS")
    code, text = account.refused("CreateDetector", Enable=True)
    assert (code, "a detector already exists for the current account" in text) == ("BadRequestException", True)
    account.mine("UpdateDetector", Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
    assert {one["Name"]: one["Status"] for one in account.mine("GetDetector")["Features"]}["S3_DATA_EVENTS"] == (
        "DISABLED"
    )
    id = account.happened(1, 2)
    criterion = {"type": {"Eq": [STEALTH]}, "service.count": {"Gte": 2}}
    assert account.mine("ListFindings", FindingCriteria={"Criterion": criterion})["FindingIds"] == [id]
    finding = account.mine("GetFindings", FindingIds=[id])["Findings"][0]
    assert (finding["Service"]["Count"], finding["Severity"]) == (2, 2.0)
    assert finding["Service"]["Action"]["AwsApiCallAction"]["RemoteIpDetails"]["IpAddressV4"] == "198.51.100.7"
    # Beside this one there may be findings of what the account's root user really does here.
    of_this = {"Criterion": {"type": {"Equals": [STEALTH]}}}
    told = account.mine("GetFindingsStatistics", GroupBy="SEVERITY", FindingCriteria=of_this)
    grouped = told["FindingStatistics"]["GroupedBySeverity"]
    assert [(one["Severity"], one["TotalFindings"]) for one in grouped] == [(2.0, 1)]
    account.mine("ArchiveFindings", FindingIds=[id])
    criteria = {"Criterion": {"type": {"Equals": [STEALTH]}}}
    account.mine("CreateFilter", Name="known", Action="ARCHIVE", Rank=1, FindingCriteria=criteria)
    assert account.mine("GetFilter", FilterName="known")["FindingCriteria"] == criteria
    account.mine("DeleteDetector")
    code, text = account.refused("GetDetector", DetectorId=account.detector)
    foreign = "The request is rejected because the input detectorId is not owned by the current account."
    assert (code, foreign in text) == ("BadRequestException", True)


@pytest.mark.soak
def test_buckets_may_be_those_of_the_upstream(tmp_path: Path) -> None:
    with moto() as url, Server(tmp_path / "data", "--upstream", url) as server:
        driver = Boto3(server.url)

        def ask(service: str, operation: str, **params: Any) -> dict[str, Any]:
            return driver.call(server.root, service, operation, **params)

        ask("s3", "CreateBucket", Bucket="lists")
        ask("s3", "PutObject", Bucket="lists", Key="bad.txt", Body=b"198.51.100.0/24\n")
        detector = ask("guardduty", "CreateDetector", Enable=True)["DetectorId"]
        told = {"DetectorId": detector, "Name": "bad", "Format": "TXT", "Location": "s3://lists/bad.txt"}
        id = ask("guardduty", "CreateThreatIntelSet", **told, Activate=True)["ThreatIntelSetId"]
        kept = ask("guardduty", "GetThreatIntelSet", DetectorId=detector, ThreatIntelSetId=id)
        assert kept["Status"] == "ACTIVE"
        trusted = {"Effect": "Allow", "Principal": {"Service": "malware-protection-plan.guardduty.amazonaws.com"}}
        document = policy({**trusted, "Action": "sts:AssumeRole"})
        role = ask("iam", "CreateRole", RoleName="scans", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        resource = {"S3Bucket": {"BucketName": "lists"}}
        tagging = {"Tagging": {"Status": "ENABLED"}}
        ask("guardduty", "CreateMalwareProtectionPlan", Role=role, ProtectedResource=resource, Actions=tagging)
        ask("s3", "PutObject", Bucket="lists", Key="new.txt", Body=EICAR)
        deadline = time.monotonic() + 60
        tags: list[dict[str, str]] = []
        while not tags and time.monotonic() < deadline:
            tags = ask("s3", "GetObjectTagging", Bucket="lists", Key="new.txt")["TagSet"]
            time.sleep(0.3)
        assert tags == [{"Key": "GuardDutyMalwareScanStatus", "Value": "THREATS_FOUND"}]
        driver.close()
