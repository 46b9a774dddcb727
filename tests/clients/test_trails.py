"""Trails of a running Garrison: what happens arrives in a bucket, whatever becomes of the server."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.aws_command import Aws, Refused
from tests.clients.drivers import Boto3
from tests.clients.server import Credentials, Server

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("trails")]

PATIENCE = 90.0
STEALTH = "Stealth:IAMUser/CloudTrailLoggingDisabled"
KEY = re.compile(
    r"all/AWSLogs/(\d{12})/CloudTrail/([a-z0-9-]+)/\d{4}/\d\d/\d\d/\1_CloudTrail_\2_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz"
)


def client(url: str, service: str, keys: Credentials, *, region: str) -> Any:
    """boto3's client."""
    return boto3.client(
        service, endpoint_url=url, region_name=region,
        aws_access_key_id=keys.access_key_id, aws_secret_access_key=keys.secret_access_key,
    )  # fmt: skip


def until(what: Callable[[], Any]) -> Any:
    """What it gives once that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
    return found


def records(bucket: Path) -> list[dict[str, Any]]:
    """Everything that was delivered."""
    found = []
    for path in bucket.rglob("*.json.gz"):
        assert KEY.fullmatch(path.relative_to(bucket).as_posix()), path
        found += json.loads(gzip.decompress(path.read_bytes()))["Records"]
    return found


def users(bucket: Path) -> list[str]:
    """Whose making was delivered, in order, as often as it was."""
    return sorted(one["requestParameters"]["userName"] for one in records(bucket) if one["eventName"] == "CreateUser")


def a_while(server: Server) -> None:
    """Put the clock forward by more than the time between two deliveries."""
    assert server.admin("POST", "/_garrison/clock/advance", {"seconds": 70})[0] == 200


def test_a_trail_delivers_what_happens_until_it_is_stopped(tmp_path: Path) -> None:
    bucket = tmp_path / "data" / "buckets" / "our-trail"
    server = Server(tmp_path / "data", "--development")
    with server, Aws(server, server.root) as aws:
        driver = Boto3(server.url)

        def ask(service: str, operation: str, **params: Any) -> dict[str, Any]:
            return driver.call(server.root, service, operation, **params)

        made = ("--name", "every-call", "--s3-bucket-name", "our-trail", "--s3-key-prefix", "all")
        with pytest.raises(Refused, match=r"\(S3BucketDoesNotExistException\).*our-trail does not exist"):
            aws("cloudtrail", "create-trail", *made)
        bucket.mkdir(parents=True)
        trail = aws("cloudtrail", "create-trail", *made, "--is-multi-region-trail")
        elsewhere = client(server.url, "cloudtrail", server.root, region="eu-west-1")
        described = elsewhere.describe_trails()["trailList"]
        assert [(one["TrailARN"], one["HomeRegion"]) for one in described] == [(trail["TrailARN"], "us-east-1")]
        with pytest.raises(Refused, match="TrailAlreadyExistsException"):
            aws("cloudtrail", "create-trail", *made)
        with pytest.raises(Refused, match="UnsupportedOperationException"):
            aws("cloudtrail", "update-trail", "--name", "every-call", "--enable-log-file-validation")
        assert not ask("cloudtrail", "GetTrailStatus", Name="every-call")["IsLogging"]
        ask("iam", "CreateUser", UserName="before")
        aws("cloudtrail", "start-logging", "--name", "every-call")
        detector = ask("guardduty", "CreateDetector", Enable=True)["DetectorId"]

        ask("iam", "CreateUser", UserName="one")
        a_while(server)
        until(lambda: users(bucket) == ["one"])
        until(lambda: "LatestDeliveryTime" in ask("cloudtrail", "GetTrailStatus", Name=trail["TrailARN"]))

        # Killed with events that were not delivered, and whatever it was at just then.
        names = sorted(f"user-{n}" for n in range(20))
        for name in names:
            ask("iam", "CreateUser", UserName=name)
        a_while(server)
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.start()
        a_while(server)
        until(lambda: users(bucket) == ["one", *names])

        aws("cloudtrail", "stop-logging", "--name", "every-call")
        ask("iam", "CreateUser", UserName="late")
        a_while(server)
        until(lambda: "StopLogging" in [one["eventName"] for one in records(bucket)])
        status = aws("cloudtrail", "get-trail-status", "--name", "every-call")
        assert not status["IsLogging"]
        assert status["StopLoggingTime"]
        delivered = records(bucket)
        assert len({one["eventID"] for one in delivered}) == len(delivered)
        assert users(bucket) == ["one", *names]
        criterion = {"Criterion": {"type": {"Equals": [STEALTH]}}}
        until(lambda: ask("guardduty", "ListFindings", DetectorId=detector, FindingCriteria=criterion)["FindingIds"])
        aws("cloudtrail", "delete-trail", "--name", "every-call")
        assert ask("cloudtrail", "ListTrails")["Trails"] == []
