"""GuardDuty at work on a running server: what happens becomes findings, told and exported; nothing is lost."""

from __future__ import annotations

import base64
import concurrent.futures
import gzip
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from garrison.services import sealing
from tests.clients.drivers import Boto3, Refused
from tests.clients.scenario import policy
from tests.clients.server import Server
from tests.detect.test_malware import EICAR

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("guardduty")]

PATIENCE = 90.0


class _Told(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted."""

    posted: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Live:
    """A server of its own, its first account, and what its webhook was told."""

    def __init__(self, directory: Path) -> None:
        self.posted: list[dict[str, Any]] = []
        handler = type("Told", (_Told,), {"posted": self.posted})
        self._webhook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._webhook.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{self._webhook.server_address[1]}/"
        self.buckets = directory / "data" / "buckets"
        self.server = Server(directory / "data", "--guardduty-publish-seconds", "0", "--guardduty-webhook", url)
        for name in ("exports", "uploads"):
            (self.buckets / name).mkdir(parents=True)
        self.server.start()
        self.driver = Boto3(self.server.url)
        self.account = self.ask("sts", "GetCallerIdentity")["Account"]
        self.detector = self.guardduty("CreateDetector", Enable=True)["DetectorId"]

    def close(self) -> None:
        self.driver.close()
        self.server.stop()
        self._webhook.shutdown()
        self._webhook.server_close()

    def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self.driver.call(self.server.root, service, operation, **params)

    def guardduty(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.ask("guardduty", operation, **params)

    def mine(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.guardduty(operation, DetectorId=self.detector, **params)

    def findings(self, type: str) -> list[dict[str, Any]]:
        criterion = {"type": {"Equals": [type]}}
        ids = self.mine("ListFindings", FindingCriteria={"Criterion": criterion})["FindingIds"]
        return list(self.mine("GetFindings", FindingIds=ids)["Findings"]) if ids else []


def until(what: Callable[[], Any]) -> Any:
    """What it gives once that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    made = Live(tmp_path_factory.mktemp("guardduty"))
    yield made
    made.close()


def test_what_happens_is_found_told_and_exported(live: Live) -> None:
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{live.account}:root"}, "Action": "kms:*"}
    service = {"Effect": "Allow", "Principal": {"Service": "guardduty.amazonaws.com"}, "Action": "kms:GenerateDataKey"}
    document = policy({**own, "Resource": "*"}, {**service, "Resource": "*"})
    key = live.ask("kms", "CreateKey", Policy=document)["KeyMetadata"]["Arn"]
    properties = {"DestinationArn": "arn:aws:s3:::exports", "KmsKeyArn": key}
    live.mine("CreatePublishingDestination", DestinationType="S3", DestinationProperties=properties)
    live.guardduty("CreateCustomDetectionRuleAssociation", RuleId="iam-access-key-created", Mode="LIVE")
    live.ask("iam", "CreateUser", UserName="morgan")
    live.ask("iam", "CreateAccessKey", UserName="morgan")
    type = "Persistence:IAM/AccountManipulation"
    found = until(lambda: live.findings(type))[0]
    assert found["CustomDetectionRuleName"] == "IAMAccessKeyCreated"
    told = until(lambda: [one for one in live.posted if one["detail"].get("id") == found["Id"]])[0]
    assert (told["source"], told["detail-type"], told["detail"]["type"]) == (
        "aws.guardduty", "GuardDuty Finding", type,
    )  # fmt: skip
    lines = until(lambda: [line for line in exported(live) if line["id"] == found["Id"]])
    assert lines[0]["schemaVersion"] == "2.0"
    key_id, secret = live.server.root.access_key_id, live.server.root.secret_access_key
    printed = subprocess.run(
        [sys.executable, "-m", "garrison.cli.main", "detect", "exported", str(live.buckets / "exports")],
        env={**live.server.env, "AWS_ENDPOINT_URL": live.server.url, "AWS_ACCESS_KEY_ID": key_id,
             "AWS_SECRET_ACCESS_KEY": secret},
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert found["Id"] in [json.loads(line)["id"] for line in printed.splitlines()]


def exported(live: Live) -> list[dict[str, Any]]:
    """Every line in the bucket, opened through KMS."""
    lines = []
    for path in (live.buckets / "exports").rglob("*.jsonl.gz"):
        data = path.read_bytes()
        told = sealing.head(data)
        blob = base64.b64decode(told["CiphertextBlob"])
        plain = live.ask("kms", "Decrypt", CiphertextBlob=blob, EncryptionContext=told["EncryptionContext"])[
            "Plaintext"
        ]
        lines += [
            json.loads(line) for line in gzip.decompress(sealing.opened(data, base64.b64decode(plain))).splitlines()
        ]
    return lines


def test_what_is_put_into_a_bucket_is_scanned(live: Live) -> None:
    trusted = {"Effect": "Allow", "Principal": {"Service": "malware-protection-plan.guardduty.amazonaws.com"}}
    document = policy({**trusted, "Action": "sts:AssumeRole"})
    role = live.ask("iam", "CreateRole", RoleName="scans", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    resource = {"S3Bucket": {"BucketName": "uploads"}}
    tagging = {"Tagging": {"Status": "ENABLED"}}
    live.guardduty("CreateMalwareProtectionPlan", Role=role, ProtectedResource=resource, Actions=tagging)
    (live.buckets / "uploads" / "invoice.txt").write_bytes(EICAR)
    found = until(lambda: live.findings("Object:S3/MaliciousFile"))[0]
    assert found["Service"]["MalwareScanDetails"]["Threats"][0]["Source"] == "Garrison/YARA-X"
    tags = json.loads((live.buckets / "uploads" / ".tags" / "invoice.txt.json").read_text())
    assert tags == {"GuardDutyMalwareScanStatus": "THREATS_FOUND"}


@pytest.mark.soak
def test_writers_at_once_make_one_detector_and_lose_nothing(live: Live) -> None:
    account, root = live.server.new_account("crowd")
    driver = Boto3(live.server.url)

    def ask(operation: str, **params: Any) -> dict[str, Any]:
        return driver.call(root, "guardduty", operation, **params)

    def create(n: int) -> str:
        try:
            return str(ask("CreateDetector", Enable=True)["DetectorId"])
        except Refused as e:
            return e.code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(create, range(8)))
        (detector,) = [one for one in made if one != "BadRequestException"]

        def name(n: int) -> None:
            criteria = {"Criterion": {"type": {"Equals": [f"t{n}"]}}}
            ask("CreateFilter", DetectorId=detector, Name=f"filter-{n}", Rank=1, FindingCriteria=criteria)

        list(pool.map(name, range(12)))
    names = ask("ListFilters", DetectorId=detector)["FilterNames"]
    ranks = [ask("GetFilter", DetectorId=detector, FilterName=one)["Rank"] for one in names]
    assert sorted(ranks) == list(range(1, 13))
    driver.close()
    assert account


@pytest.mark.soak
def test_a_killed_server_has_what_it_said(live: Live) -> None:
    live.mine("CreateSampleFindings", FindingTypes=["Backdoor:EC2/Spambot"])
    (before,) = live.findings("Backdoor:EC2/Spambot")
    assert live.server.process is not None
    os.kill(live.server.process.pid, signal.SIGKILL)
    live.server.process.wait()
    live.server.start()
    assert live.findings("Backdoor:EC2/Spambot") == [before]
    live.mine("CreateSampleFindings", FindingTypes=["Backdoor:EC2/Spambot"])
    (after,) = live.findings("Backdoor:EC2/Spambot")
    assert after["Service"]["Count"] == 2
    live.ask("iam", "CreateUser", UserName="guest")
    live.ask("iam", "CreateAccessKey", UserName="guest")
    type = "Persistence:IAM/AccountManipulation"
    until(lambda: live.findings(type)[0]["Service"]["Count"] >= 2)


def test_as_terraform_asks(live: Live) -> None:
    """The calls of Terraform for a detector, a feature of it, an IP set and a filter, made and destroyed."""
    _, root = live.server.new_account("terraform")
    driver = Boto3(live.server.url)

    def ask(operation: str, **params: Any) -> dict[str, Any]:
        return driver.call(root, "guardduty", operation, **params)

    sources = {"S3Logs": {"Enable": False}}
    id = ask(
        "CreateDetector", Enable=True, FindingPublishingFrequency="ONE_HOUR", DataSources=sources, Tags={"a": "1"}
    )["DetectorId"]  # fmt: skip
    told = ask("GetDetector", DetectorId=id)
    assert told["DataSources"]["S3Logs"]["Status"] == "DISABLED"
    assert ask("GetDetector", DetectorId=id) == told
    ask(
        "UpdateDetector", DetectorId=id,
        Features=[{"Name": "RUNTIME_MONITORING", "Status": "ENABLED",
                   "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]}],
    )  # fmt: skip
    (live.buckets / "exports" / "list.txt").write_text("198.51.100.0/24\n")
    location = "https://s3.amazonaws.com/exports/list.txt"
    ip_set = ask("CreateIPSet", DetectorId=id, Name="ours", Format="TXT", Location=location, Activate=True)["IpSetId"]
    assert ask("GetIPSet", DetectorId=id, IpSetId=ip_set)["Status"] == "ACTIVE"
    criteria = {"Criterion": {"region": {"Eq": ["us-east-1"]}, "updatedAt": {"GreaterThanOrEqual": 1570744740000}}}
    ask("CreateFilter", DetectorId=id, Name="quiet", Action="ARCHIVE", Rank=1, FindingCriteria=criteria)
    assert ask("GetFilter", DetectorId=id, FilterName="quiet")["FindingCriteria"] == criteria
    arn = f"arn:aws:guardduty:us-east-1:{told['ServiceRole'].split(':')[4]}:detector/{id}/filter/quiet"
    ask("TagResource", ResourceArn=arn, Tags={"b": "2"})
    assert ask("ListTagsForResource", ResourceArn=arn)["Tags"] == {"b": "2"}
    ask("DeleteFilter", DetectorId=id, FilterName="quiet")
    ask("DeleteIPSet", DetectorId=id, IpSetId=ip_set)
    with pytest.raises(Refused) as gone:
        ask("GetIPSet", DetectorId=id, IpSetId=ip_set)
    assert gone.value.code == "BadRequestException"
    ask("DeleteDetector", DetectorId=id)
    with pytest.raises(Refused) as deleted:
        ask("GetDetector", DetectorId=id)
    assert "The request is rejected because the input detectorId is not owned by the current account." in (
        deleted.value.message
    )
    driver.close()
