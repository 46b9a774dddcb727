"""Types found by looking into files: each fires, not for what only speaks of malware, and for others elsewhere too."""

from __future__ import annotations

from pathlib import Path

import msgspec

from garrison.services.guardduty.malware_run import run
from garrison.services.guardduty.malware_watch import watch
from tests.detect.scans import NEAR, SCANS
from tests.services.guardduty.guarded import Guarded
from tests.services.guardduty.test_malware import plan
from tests.services.organizations.house import MANAGEMENT, OTHERS

OTHER = OTHERS[0]
_DISKS = [scan for scan in SCANS if scan.resource]


def scanned(guarded: Guarded, account: str, resource: str, disks: Path, file: bytes) -> list[str]:
    """Types of the findings that come of a file on a disk."""
    service, _, rest = resource.partition(":")
    disk = disks / rest.rpartition("/")[2].rpartition(":")[2]
    disk.mkdir()
    (disk / "x").write_bytes(file)
    arn = f"arn:aws:{service}:us-east-1:{account}:{rest}"
    guarded.run("StartMalwareScan", account, ResourceArn=arn)
    assert run(guarded.house.runtime) == 1
    (detector,) = guarded.run("ListDetectors", account)["DetectorIds"]
    ids = guarded.run("ListFindings", account, DetectorId=detector)["FindingIds"]
    found = guarded.run("GetFindings", account, DetectorId=detector, FindingIds=ids)["Findings"] if ids else []
    return [one["Type"] for one in found if arn in repr(one) or arn.rpartition("/")[2] in repr(one["Resource"])]


def test_a_disk_with_malware_one_that_speaks_of_it_and_others(guarded: Guarded, tmp_path: Path) -> None:
    guarded.run("CreateDetector", OTHER, Enable=True)
    disks = tmp_path / "volumes"
    disks.mkdir()
    settings = msgspec.structs.replace(guarded.house.runtime.guarding, volumes=disks)
    object.__setattr__(guarded.house.runtime, "guarding", settings)
    for scan in _DISKS:
        assert scanned(guarded, MANAGEMENT, scan.resource, disks, scan.file) == [scan.type]
        assert scanned(guarded, OTHER, scan.renamed, disks, scan.file) == [scan.type]
        clean = scan.resource[:-2] + "99"
        assert scanned(guarded, MANAGEMENT, clean, disks, NEAR) == []


def test_an_object_with_malware_one_that_speaks_of_it_and_others(guarded: Guarded) -> None:
    plan(guarded)
    guarded.put("bad.txt", SCANS[0].file.decode())
    (guarded.buckets / "feeds" / "drawings").mkdir()
    guarded.put("drawings/other.bin", SCANS[0].file.decode())
    guarded.put("readme.txt", NEAR.decode())
    assert watch(guarded.house.runtime) == 3
    found = [guarded.finding(id) for id in guarded.listed()]
    objects = sorted(one["Resource"]["S3BucketDetails"][0]["S3ObjectDetails"][0]["Key"] for one in found)
    assert ({one["Type"] for one in found}, objects) == ({SCANS[0].type}, ["bad.txt", "drawings/other.bin"])
