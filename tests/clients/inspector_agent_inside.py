"""The agent against a server, in a network namespace of their own: nothing listens there but what these tests open.

Run by `test_inspector_agent.py`; pytest does not collect it by itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from garrison.cli.main import cli
from garrison.scan.inventory import scan_machine
from garrison.scan.inventory.package import Package
from garrison.scan.reachability.identity import host_resource_id
from garrison.scan.reachability.owners import Owners
from tests.clients.server import Server, free_port
from tests.scan.sources import CRITICAL, database, osv

RESOURCE = host_resource_id("0" * 32)
CVE = "CVE-2026-10001"
PATIENCE = 60.0
_LISTEN = (
    "use Socket; socket(S, PF_INET, SOCK_STREAM, 6); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); "
    "bind(S, sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die $!; listen(S, 5); $|=1; print qq(ready\\n); sleep 600"
)


@pytest.fixture(scope="module")
def service() -> Package:
    """The package of perl, which listens in these tests, as this machine has it."""
    perl = shutil.which("perl")
    owner = Owners().package(os.path.realpath(perl)) if perl else ""
    found = [p for p in scan_machine().packages if p.name == owner and p.ecosystem]
    if not found:
        pytest.skip("there is no perl of a distribution's package here")
    return found[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, service: Package) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("inspector")
    document = osv(
        CVE,
        service.ecosystem,
        service.matched_name,
        [{"introduced": "0"}],
        severity=[{"type": "CVSS_V3", "score": CRITICAL}],
        summary="Perl lets everybody in",
    )
    database(folder, document).close()
    with Server(folder / "data", "--inspector-database", str(folder / "v.db")) as running:
        client(running, "inspector2").enable(resourceTypes=["EC2"])
        until(lambda: _enabled(running))
        yield running


def _enabled(server: Server) -> bool:
    (account,) = client(server, "inspector2").batch_get_account_status()["accounts"]
    return bool(account["resourceState"]["ec2"]["status"] == "ENABLED")


def client(server: Server, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=server.root.access_key_id,
        aws_secret_access_key=server.root.secret_access_key,
    )


def environment(server: Server, state: Path) -> dict[str, str]:
    return server.env | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": server.root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.root.secret_access_key,
        "GARRISON_AGENT_STATE": str(state),
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "garrison.cli.main", "inspector", "agent", "--resource-id", RESOURCE, *arguments]


def once(server: Server, state: Path, *arguments: str) -> Result:
    """Once, in this process: the command and all below it are the same, and Python starts but once."""
    asked = ["inspector", "agent", "--resource-id", RESOURCE, "--once", *arguments]
    return CliRunner().invoke(cli, asked, env=environment(server, state))


@contextmanager
def listening(address: str, port: int) -> Iterator[None]:
    with subprocess.Popen(["perl", "-e", _LISTEN, address, str(port)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.kill()


@contextmanager
def agent(server: Server, state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The agent as a service runs it."""
    with open(state.parent / "agent.log", "ab") as log:
        process = subprocess.Popen(command("--look-every", "1s"), env=environment(server, state), stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not come to pass")


def findings(server: Server, type: str, status: str = "ACTIVE") -> list[dict[str, Any]]:
    criteria = {
        "findingType": [{"comparison": "EQUALS", "value": type}],
        "findingStatus": [{"comparison": "EQUALS", "value": status}],
        "resourceId": [{"comparison": "EQUALS", "value": RESOURCE}],
    }
    pages = client(server, "inspector2").get_paginator("list_findings").paginate(filterCriteria=criteria)
    return [f for page in pages for f in page["findings"]]


def ports(server: Server, status: str = "ACTIVE") -> list[int]:
    network = findings(server, "NETWORK_REACHABILITY", status)
    return sorted(f["networkReachabilityDetails"]["openPortRange"]["begin"] for f in network)


def score(server: Server) -> tuple[float, str]:
    """Inspector's score of the service, and the vector it comes from."""
    found = findings(server, "PACKAGE_VULNERABILITY")
    (one,) = [f for f in found if f["packageVulnerabilityDetails"]["vulnerabilityId"] == CVE]
    return one["inspectorScore"], one["inspectorScoreDetails"]["adjustedCvss"]["scoringVector"]


def test_a_port_that_opens_and_closes(server: Server, service: Package, tmp_path: Path) -> None:
    state, port = tmp_path / "state", free_port()
    told = once(server, state)
    assert told.exit_code == 0, told.stderr
    assert ports(server) == []
    closed, vector = score(server)
    assert "MAV:L" in vector

    with listening("127.0.0.1", port):  # to itself alone: no path leads there
        assert once(server, state).exit_code == 0
        assert ports(server) == []
        assert score(server)[0] == closed

    with listening("0.0.0.0", port):
        assert once(server, state).exit_code == 0
        (network,) = findings(server, "NETWORK_REACHABILITY")
        details = network["networkReachabilityDetails"]
        assert details["openPortRange"] == {"begin": port, "end": port}
        assert details["protocol"] == "TCP"
        steps = {s["componentType"]: s["componentId"] for s in details["networkPath"]["steps"]}
        assert steps["PROCESS"].startswith(f"perl ({service.name} ")
        assert steps["NETWORK_INTERFACE"] == "0.0.0.0"
        assert network["severity"] == "MEDIUM"
        opened, vector = score(server)
        assert opened == 9.8 > closed
        assert "MAV" not in vector
        assert once(server, state).exit_code == 0  # again: the same finding, no other
        (again,) = findings(server, "NETWORK_REACHABILITY")
        assert again["findingArn"] == network["findingArn"]
        assert again["firstObservedAt"] == network["firstObservedAt"]

    assert once(server, state).exit_code == 0
    assert ports(server) == []
    assert port in ports(server, "CLOSED")
    assert score(server)[0] == closed


def test_the_agent_sees_changes_and_goes_on_after_it_is_killed(server: Server, tmp_path: Path) -> None:
    state, port = tmp_path / "state", free_port()
    log = tmp_path / "agent.log"
    with agent(server, state) as process:
        until(lambda: log.exists() and "packages told" in log.read_text())
        second = once(server, state)
        assert second.exit_code == 3
        assert "An agent runs already" in second.stderr
        with listening("0.0.0.0", port):
            until(lambda: port in ports(server))
            process.send_signal(signal.SIGKILL)
            process.wait()
    until(lambda: not _listens(port))
    with agent(server, state):
        until(lambda: port not in ports(server))
    assert log.read_text().count("packages told") == 1  # the second start had only the port to tell
    packages = findings(server, "PACKAGE_VULNERABILITY")
    assert len(packages) == 1


def _listens(port: int) -> bool:
    from garrison.scan.reachability.listeners import fingerprint

    return any(p == port for _, _, p in fingerprint())


def test_a_server_that_is_away_is_tried_again(server: Server, tmp_path: Path) -> None:
    state, port = tmp_path / "state", free_port()
    log = tmp_path / "agent.log"
    server.stop()
    try:
        assert once(server, state).exit_code == 3
        with agent(server, state), listening("0.0.0.0", port):
            until(lambda: log.exists() and "next try" in log.read_text())
            server.start()
            until(lambda: port in ports(server))
    finally:
        if server.process is None or server.process.poll() is not None:
            server.start()


def test_a_firewall_that_closes_a_port_closes_its_finding(server: Server, tmp_path: Path) -> None:
    if not shutil.which("nft"):
        pytest.skip("it takes nft")
    state, port = tmp_path / "state", free_port()

    def nft(*words: str) -> None:
        subprocess.run(["nft", *words], check=True)

    with listening("0.0.0.0", port):
        assert once(server, state).exit_code == 0
        assert ports(server) == [port]
        nft("add table inet guard")
        nft("add chain inet guard in { type filter hook input priority 0; policy drop; }")
        nft("add rule inet guard in iif lo accept")
        try:
            assert once(server, state).exit_code == 0
            assert ports(server) == []
            nft(f"add rule inet guard in ip saddr 10.0.0.0/8 tcp dport {port} accept")
            assert once(server, state).exit_code == 0
            (inner,) = findings(server, "NETWORK_REACHABILITY")
            assert inner["severity"] == "LOW"
            assert "from private networks" in inner["title"]
            assert "saddr" in str(inner["networkReachabilityDetails"]["networkPath"]["steps"])
        finally:
            nft("delete table inet guard")


def test_a_key_without_rights_is_told_so(server: Server, tmp_path: Path) -> None:
    iam = client(server, "iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    env = environment(server, tmp_path / "state") | {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    told = CliRunner().invoke(cli, ["inspector", "agent", "--resource-id", RESOURCE, "--once"], env=env)
    assert told.exit_code == 3
    assert "AccessDenied" in told.stderr
    assert "garrison:ListResourceTasks" in told.stderr


def test_a_host_that_is_gone_has_no_findings(server: Server, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert once(server, state).exit_code == 0
    assert findings(server, "PACKAGE_VULNERABILITY")
    assert CliRunner().invoke(
        cli, ["inspector", "agent", "--resource-id", RESOURCE, "--forget"], env=environment(server, state)
    ).exit_code == 0  # fmt: skip
    assert not findings(server, "PACKAGE_VULNERABILITY")
    assert once(server, state).exit_code == 0  # it was not gone after all
    assert findings(server, "PACKAGE_VULNERABILITY")


def test_a_cis_scan_is_run_by_the_agent(server: Server, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert once(server, state, "--tag", "Role=web").exit_code == 0
    inspector = client(server, "inspector2")
    inspector.create_cis_scan_configuration(
        scanName="hosts",
        securityLevel="LEVEL_1",
        schedule={"oneTime": {}},
        targets={"accountIds": ["SELF"], "targetResourceTags": {"Role": ["web"]}},
    )

    def done() -> dict[str, Any] | None:
        assert once(server, state, "--tag", "Role=web").exit_code == 0
        scans = inspector.list_cis_scans()["scans"]
        return next((s for s in scans if s["status"] == "COMPLETED"), None)

    scan = until(done)
    assert scan["totalChecks"] > 60
    by_check = inspector.get_paginator("list_cis_scan_results_aggregated_by_checks")
    checks = [c for p in by_check.paginate(scanArn=scan["scanArn"]) for c in p["checkAggregations"]]
    known = {c["checkId"]: c for c in checks}
    assert known["accounts.one-root"]["title"] == "Only root has uid 0"
    assert {c["level"] for c in checks} == {"LEVEL_1"}
    details = inspector.get_cis_scan_result_details(
        scanArn=scan["scanArn"], accountId=server.admin("GET", "/_garrison/accounts")[1]["accounts"][0]["id"],
        targetResourceId=RESOURCE, filterCriteria={"checkIdFilters": [{"comparison": "EQUALS", "value": "mounts.tmp"}]},
    )["scanResultDetails"]  # fmt: skip
    assert details[0]["status"] in ("PASSED", "FAILED")
    assert details[0]["remediation"]
