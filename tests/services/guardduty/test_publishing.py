"""Publishing: exports under a key whose policy lets GuardDuty use it, as often as the detector says."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import garrison.services.kms  # noqa: F401 - the import registers the operations
from garrison.services import sealing
from garrison.services.guardduty.publishing import publish
from garrison.services.guardduty.upkeep import forget
from tests.services.guardduty.guarded import STEALTH, Guarded, detection
from tests.services.organizations.house import policy

DAY = 86_400.0


def key(guarded: Guarded, **condition: Any) -> str:
    """A key that GuardDuty may use, under a condition."""
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{guarded.account}:root"}, "Action": "kms:*"}
    service = {"Effect": "Allow", "Principal": {"Service": "guardduty.amazonaws.com"}, "Action": "kms:GenerateDataKey"}
    statements = [{**own, "Resource": "*"}, {**service, "Resource": "*", **condition}]
    made = guarded.house.run("CreateKey", None, "kms", Policy=policy(*statements))["KeyMetadata"]
    return str(made["Arn"])


def properties(key: str, bucket: str = "exports") -> dict[str, Any]:
    return {
        "DestinationType": "S3",
        "DestinationProperties": {"DestinationArn": f"arn:aws:s3:::{bucket}", "KmsKeyArn": key},
    }


def exported(guarded: Guarded) -> list[dict[str, Any]]:
    """Every line that was exported, opened with KMS."""
    lines = []
    for path in sorted((guarded.buckets / "exports").rglob("*.jsonl.gz")):
        data = path.read_bytes()
        told = sealing.head(data)
        plain = guarded.house.run(
            "Decrypt", None, "kms",
            CiphertextBlob=base64.b64decode(told["CiphertextBlob"]), EncryptionContext=told["EncryptionContext"],
        )["Plaintext"]  # fmt: skip
        lines += [json.loads(line) for line in gzip.decompress(sealing.opened(data, plain)).splitlines()]
    return lines


@pytest.fixture(autouse=True)
def exports(guarded: Guarded) -> Path:
    path = guarded.buckets / "exports"
    path.mkdir()
    return path


def test_findings_are_exported_when_they_are_due(guarded: Guarded) -> None:
    source = {
        "StringEquals": {"aws:SourceAccount": guarded.account},
        "ArnLike": {"aws:SourceArn": "arn:aws:guardduty:*:*:detector/*"},
    }
    id = guarded.mine("CreatePublishingDestination", **properties(key(guarded, Condition=source)))["DestinationId"]
    assert guarded.mine("DescribePublishingDestination", DestinationId=id)["Status"] == "PUBLISHING"
    runtime, clock = guarded.house.runtime, guarded.house.clock
    (finding,) = guarded.record(detection(1))
    assert publish(runtime) == 0
    clock.advance(300)
    assert (publish(runtime), publish(runtime)) == (1, 0)
    (line,) = exported(guarded)
    assert (line["id"], line["type"], line["service"]["count"]) == (finding, STEALTH, 1)
    guarded.mine("UpdateDetector", FindingPublishingFrequency="FIFTEEN_MINUTES")
    guarded.record(detection(2))
    guarded.record(detection(3))
    clock.advance(600)
    assert publish(runtime) == 0
    clock.advance(300)
    assert publish(runtime) == 1
    assert sorted(one["service"]["count"] for one in exported(guarded)) == [1, 3]


def test_suppressed_findings_go_nowhere(guarded: Guarded) -> None:
    guarded.mine("CreatePublishingDestination", **properties(key(guarded)))
    criteria = {"Criterion": {"type": {"Equals": [STEALTH]}}}
    guarded.mine("CreateFilter", Name="known", Action="ARCHIVE", FindingCriteria=criteria)
    guarded.record(detection(1))
    guarded.house.clock.advance(DAY)
    publish(guarded.house.runtime)
    assert exported(guarded) == []


def test_a_key_or_bucket_that_refuses_makes_no_destination(guarded: Guarded) -> None:
    foreign = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    for wanted in (
        properties(key(guarded, Condition=foreign)),
        properties(key(guarded), bucket="nowhere"),
        properties("arn:aws:kms:us-east-1:111111111111:key/00000000-0000-4000-8000-000000000000"),
    ):
        with pytest.raises(Exception, match="does not have permission to the KMS key or the resource"):
            guarded.mine("CreatePublishingDestination", **wanted)
    assert guarded.mine("ListPublishingDestinations")["Destinations"] == []


def test_a_destination_that_fails_says_so_and_recovers(guarded: Guarded, exports: Path) -> None:
    own = key(guarded)
    id = guarded.mine("CreatePublishingDestination", **properties(own))["DestinationId"]
    with pytest.raises(Exception, match="already exists"):
        guarded.mine("CreatePublishingDestination", **properties(own))
    guarded.house.run("DisableKey", None, "kms", KeyId=own)
    guarded.record(detection(1))
    guarded.house.clock.advance(300)
    publish(guarded.house.runtime)
    told = guarded.mine("DescribePublishingDestination", DestinationId=id)
    assert told["Status"] == "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"
    assert told["PublishingFailureStartTimestamp"] > 0
    guarded.house.run("EnableKey", None, "kms", KeyId=own)
    guarded.mine("UpdatePublishingDestination", DestinationId=id)
    assert guarded.mine("ListPublishingDestinations")["Destinations"][0]["Status"] == "PUBLISHING"
    guarded.mine("DeletePublishingDestination", DestinationId=id)
    with pytest.raises(Exception, match="destinationId is not owned"):
        guarded.mine("DescribePublishingDestination", DestinationId=id)


def test_expired_findings_go(guarded: Guarded) -> None:
    guarded.record(detection(1))
    guarded.house.clock.advance(91 * DAY)
    now = guarded.house.clock.now()
    assert guarded.house.store.writing(lambda tx: forget(tx, now)) == 1
    assert guarded.house.store.writing(lambda tx: forget(tx, now)) == 0
