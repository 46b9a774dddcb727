"""Threat detection: import of CloudTrail files, detection over many events, and its growth.

    python -m bench.detect [--events 1000000] [--keep FOLDER] [--only import|detection|restart|delay]

Events are made, not recorded: an ordinary estate (600 principals, calls of 12 services by weight, three accounts, two
regions, a month), 5,000 records a file, with an attacker's hour in it. Each figure is of `--events` and of a tenth of
them. The peer of the import is DuckDB's own reader of JSON; nobody else makes GuardDuty's findings of files, so that
detection is beside itself alone. Of a machine shared with others, seconds of processor tell more than those of a clock.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from bench._cloudtrail import ATTACK, PER_FILE, make


class Took(NamedTuple):
    """What a command took."""

    wall: float
    """Seconds, as `busy`."""
    busy: float
    """Of processors, in all its threads."""
    memory: float
    """The most it held, in GB."""
    said: str


def timed(*command: str) -> Took:
    """Run it to its end, which must be good."""
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        out.seek(0)
        said = out.read().decode()
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return Took(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6, said)


def garrison(*command: str) -> Took:
    """A command of Garrison's."""
    return timed(sys.executable, "-m", "garrison.cli.main", *command)


_DUCKDB = """
import glob, sys, duckdb
files = sorted(glob.glob(sys.argv[1] + "/**/*.json.gz", recursive=True))[:int(sys.argv[3])]
session = "STRUCT(sessionIssuer STRUCT(arn VARCHAR, userName VARCHAR))"
who = f"STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, accessKeyId VARCHAR, "
who += f"userName VARCHAR, sessionContext {session})"
texts = "eventID eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode".split()
columns = [f"userIdentity {who}", *(f"{name} VARCHAR" for name in texts), "recipientAccountId VARCHAR"]
columns += ["readOnly BOOLEAN", "managementEvent BOOLEAN", "requestParameters JSON", "responseElements JSON"]
record = ", ".join(columns)
db = duckdb.connect()
db.execute("SET threads = 2; SET preserve_insertion_order = false")
read = f"read_json({files!r}, columns={{'Records': 'STRUCT({record})[]'}}, maximum_object_size=50000000)"
db.execute(f"COPY (SELECT r.*, r.recipientAccountId AS account, r.awsRegion AS region, r.eventTime[:10] AS day "
           f"FROM (SELECT unnest(Records) AS r FROM {read})) TO '{sys.argv[2]}' "
           f"(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (account, region, day))")
"""
_PEER_FILES = 20


def imported(folder: Path, count: int) -> Took:
    """Files become a lake."""
    with tempfile.TemporaryDirectory() as lake:
        return garrison("detect", "import", str(folder), "--lake", f"{lake}/lake")


def imported_by_duckdb(folder: Path, count: int) -> float:
    """The peer: DuckDB reads some of the same files, of the schema they have, into Parquet by account, region and day.
    Events per second of processor. It takes no record apart that is not as declared, and knows none again."""
    with tempfile.TemporaryDirectory() as into:
        took = timed(sys.executable, "-c", _DUCKDB, str(folder), f"{into}/lake", str(_PEER_FILES))
    return min(count, _PEER_FILES * PER_FILE) / took.busy


def _for(seconds: float, command: Sequence[str]) -> tuple[int, float]:
    """A command, killed after so many seconds: its exit code and its seconds of processor."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + seconds
    while True:
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, used.ru_utime + used.ru_stime
        if time.monotonic() > deadline:
            child.kill()
        time.sleep(0.01)


def restarted(folder: Path, count: int) -> tuple[int, float]:
    """An import is killed until it gets to its end; how often it was, and the share of its work that was done twice."""
    import duckdb

    with tempfile.TemporaryDirectory() as place:
        lake, kills, busy = Path(place) / "lake", 0, 0.0
        whole = imported(folder, count)
        command = (sys.executable, "-m", "garrison.cli.main", "detect", "import", str(folder), "--lake", str(lake))
        while True:
            status, spent = _for(whole.wall * (0.4 + 0.2 * kills), command)
            busy += spent
            if status == 0:
                break
            kills += 1
        with sqlite3.connect(lake / "state.sqlite") as state:
            files = [str(lake / path) for (path,) in state.execute("SELECT path FROM parts")]
        counted = duckdb.connect().execute("SELECT count(*), count(DISTINCT id) FROM read_parquet(?)", [files])
        [(rows, ids)] = counted.fetchall()
        if not rows == ids == count + ATTACK:
            raise SystemExit(f"{rows} records and {ids} ids after {kills} kills, of {count + ATTACK}")
    return kills, busy / whole.busy


def delays(probes: int = 5) -> list[float]:
    """Seconds from a call to its finding, on a server of its own that watches already."""
    from tests.clients.server import Server

    with tempfile.TemporaryDirectory() as data, Server(Path(data)) as server:
        _, root = server.new_account("measured")

        def client(service: str, agent: str | None = None) -> Any:
            return boto3.client(
                service,
                endpoint_url=server.url,
                region_name="eu-central-1",
                aws_access_key_id=root.access_key_id,
                aws_secret_access_key=root.secret_access_key,
                config=Config(user_agent=agent),
            )

        guardduty = client("guardduty")
        detector = guardduty.create_detector(Enable=True)["DetectorId"]
        criteria = {"Criterion": {"type": {"Equals": ["PenTest:IAMUser/KaliLinux"]}}}
        iam = client("iam", "Boto3 kali")
        found = []
        for n in range(probes + 1):
            began = time.monotonic()
            iam.list_users()
            while time.monotonic() - began < 120:
                ids = guardduty.list_findings(DetectorId=detector, FindingCriteria=criteria)["FindingIds"]
                told = guardduty.get_findings(DetectorId=detector, FindingIds=ids)["Findings"] if ids else []
                if any(one["Service"]["Count"] > n for one in told):
                    break
                time.sleep(0.1)
            found.append(time.monotonic() - began)
    return found


_PARTS = ("import", "detection", "restart", "delay")


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="Where the made files are, or are to be.")
    parser.add_argument("--only", action="append", choices=_PARTS, help="What is measured; repeatable.")
    options, _ = parser.parse_known_args()
    wanted, sizes = options.only or _PARTS, (options.events // 10, options.events)
    with tempfile.TemporaryDirectory() as made:
        folders = {count: (options.keep or Path(made)) / str(count) for count in sizes}
        for count, folder in folders.items():
            if not folder.exists():
                make(folder, count)
        if "import" in wanted:
            took = {count: _said("import", count, imported(folders[count], count)) for count in sizes}
            peer = imported_by_duckdb(folders[sizes[0]], sizes[0])
            own = sizes[1] / took[sizes[1]].busy
            print(f"  of DuckDB's read_json, {peer:,.0f} per second of processor: {own / peer:.1f} times")
            _grown(took)
        if "detection" in wanted:
            took = {
                count: _said("detection", count, garrison("detect", "run", str(folders[count]), "-o", "jsonl"))
                for count in sizes
            }
            print(f"  {' and '.join(str(len(each.said.splitlines())) for each in took.values())} findings")
            _grown(took)
        if "restart" in wanted:
            kills, twice = restarted(folders[sizes[0]], sizes[0])
            print(
                f"restart      {sizes[0] + ATTACK:,} events once each after {kills} kills, in {twice:.2f} of the work"
            )
    if "delay" in wanted:
        first, *others = delays()
        print(f"delay        {first:.1f} s with the start of the sensor, then {max(others):.1f} s at most")


def _said(what: str, count: int, took: Took) -> Took:
    rates = f"{count / took.wall:,.0f} events/s, {count / took.busy:,.0f} per second of processor"
    spent = f"{took.wall:.1f} s ({took.busy:.1f} s of processor)"
    print(f"{what:12} {count:,} events in {spent}: {rates}; {took.memory:.2f} GB", flush=True)
    return took


def _grown(took: dict[int, Took]) -> None:
    small, large = took.values()
    work, memory = large.busy / small.busy, large.memory / small.memory
    print(f"  ten times the events: {work:.1f} times the work, {memory:.2f} times the memory", flush=True)


if __name__ == "__main__":
    main()
