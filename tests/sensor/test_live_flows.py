"""A scan and a beacon on this machine, with Garrison running as a user runs it: both become findings."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from garrison.sensor.status import FOLDER, read_status
from tests.clients.house import House
from tests.clients.server import Server
from tests.sensor.test_flows import report, server

pytestmark = [pytest.mark.client, pytest.mark.soak, pytest.mark.xdist_group("detect")]

HOST = "i-0123456789abcdef0"
SCANNED, LISTED = "127.0.0.77", "127.0.0.99"
CONNECTIONS, EVERY = 32, 1.0
PATIENCE = 90.0


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to be so"
        time.sleep(0.5)
    return found


def test_a_scan_and_a_beacon_of_this_machine_become_findings(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "buckets/lists").mkdir(parents=True)
    (data / "buckets/lists/c2.txt").write_text(f"{LISTED}\n")
    with Server(data, "--guardduty-loopback", "--instance", f"{HOST}=127.0.0.1") as garrison:
        guardduty = House(garrison, "").client("guardduty")
        detector = guardduty.create_detector(Enable=True)["DetectorId"]
        guardduty.create_threat_intel_set(
            DetectorId=detector, Name="c2", Format="TXT", Location="s3://lists/c2.txt", Activate=True
        )
        status = until(lambda: read_status(data / FOLDER))
        if status.flows not in ("packets", "conntrack"):
            pytest.skip(status.flows_problem)

        def finding(type: str, word: str) -> dict[str, Any] | None:
            ids = guardduty.list_findings(
                DetectorId=detector, FindingCriteria={"Criterion": {"type": {"Equals": [type]}}}
            )["FindingIds"]
            some = guardduty.get_findings(DetectorId=detector, FindingIds=ids)["Findings"] if ids else []
            return next((one for one in some if word in json.dumps(one, default=str)), None)

        for port in range(20000, 20060):
            with socket.socket() as knocking, suppress(OSError):
                knocking.connect((SCANNED, port))
        scanned = time.monotonic()
        scan = until(lambda: finding("Recon:EC2/Portscan", SCANNED))
        print(f"scan: {time.monotonic() - scanned:.1f} s")
        with server(LISTED) as port:
            begin = time.monotonic()
            for n in range(CONNECTIONS):
                time.sleep(max(0.0, begin + n * EVERY - time.monotonic()))
                report(LISTED, port)
            ended = time.monotonic()
        beacon = until(lambda: finding("UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", "intervalSeconds"))
        print(f"beacon: {time.monotonic() - ended:.1f} s after its last connection")
    assert scan["Resource"]["InstanceDetails"]["InstanceId"] == HOST
    remote = scan["Service"]["Action"]["NetworkConnectionAction"]["RemoteIpDetails"]["IpAddressV4"]
    assert remote == SCANNED
    told = json.loads(beacon["Service"]["AdditionalInfo"]["Value"])
    assert told["beacon"]["connections"] >= 24
    assert beacon["Service"]["Evidence"]["ThreatIntelligenceDetails"][0]["ThreatListName"] == "c2"
