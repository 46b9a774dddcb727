"""A lake keeps each record once, whatever is read again, and whatever is killed."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from bench._cloudtrail import records
from click.testing import CliRunner

from garrison.cli.main import cli
from garrison.detect.baseline.memory import Remembered
from garrison.detect.detection import Detection
from garrison.detect.engine import Engine
from garrison.detect.formats.files import find
from garrison.detect.lake.lake import Lake, LakeInUse
from garrison.detect.lake.upkeep import compact, expire
from garrison.detect.run import Progress, ask_windows, lake_tables, replay, take_files
from garrison.detect.surroundings import Surroundings
from garrison.detect.tables import Tables

_LOG = "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/09/21"


def write(folder: Path, made: list[Any], files: int = 4) -> None:
    (folder / _LOG).mkdir(parents=True, exist_ok=True)
    size = -(-len(made) // files)
    for n in range(files):
        some = made[n * size : (n + 1) * size]
        when = some[0]["eventTime"].replace("-", "").replace(":", "")[:13] + "Z"
        path = folder / _LOG / f"111122223333_CloudTrail_eu-central-1_{when}_{n}.json.gz"
        path.write_bytes(gzip.compress(json.dumps({"Records": some}).encode(), 1))


def take(folder: Path, lake: Lake, **more: Any) -> Progress:
    return take_files(find([folder])[0], lake, **more)


def ids(lake: Lake) -> list[str]:
    return [id for part in lake.state.parts("api") for id in lake.read(part, ["id"]).column("id").to_pylist()]


def test_each_record_is_kept_once_however_often_it_comes(tmp_path: Path) -> None:
    made = list(records(1000, days=2))
    write(tmp_path / "logs", made)
    (tmp_path / "logs" / "again.jsonl").write_text("\n".join(json.dumps(record) for record in made[:300]))
    lake = Lake(tmp_path / "lake")
    progress = take(tmp_path / "logs", lake)
    assert (progress.events, progress.doubled, progress.bad) == (1000, 300, 0)
    again = take(tmp_path / "logs", lake)
    assert (again.events, again.skipped, again.files) == (0, 5, 5)
    # A file that grew is read on from where it ended.
    with (tmp_path / "logs" / "again.jsonl").open("a") as file:
        file.write("\n" + json.dumps(made[0] | {"eventID": "new"}))
    grown = take(tmp_path / "logs", lake)
    assert (grown.events, grown.doubled) == (1, 0)
    assert sorted(ids(lake)) == sorted([record["eventID"] for record in made] + ["new"])
    lake.close()


def test_what_cannot_be_read_is_counted_and_kept_aside(tmp_path: Path) -> None:
    good = list(records(20))
    lines = [json.dumps(record) for record in good]
    lines[3:3] = ["{not json", json.dumps(good[0] | {"eventTime": "yesterday"}), json.dumps({"eventName": 3})]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    half = gzip.compress(json.dumps({"Records": good}).encode())
    (tmp_path / "half.json.gz").write_bytes(half[: len(half) * 3 // 4])
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "empty.json").touch()
    files, left = find([tmp_path])
    assert sorted(path.name for path, _ in left) == ["empty.json", "picture.png"]
    lake = Lake(tmp_path / "lake")
    progress = take_files(files, lake)
    assert progress.events == 20
    assert progress.bad == 4
    aside = [json.loads(line) for line in (tmp_path / "lake" / "bad.jsonl").read_text().splitlines()]
    assert sum("yesterday" in one["reason"] for one in aside) == 1
    assert sum(one["source"].endswith("half.json.gz") for one in aside) == 1
    lake.close()


def test_one_process_writes_a_lake(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(LakeInUse):
        Lake(tmp_path)
    lake.close()
    Lake(tmp_path).close()


def test_an_import_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    made = list(records(9_000, days=0.1))
    write(tmp_path / "logs", made, files=3)
    lake = tmp_path / "lake"
    # Small batches, and a pause in which to be killed, between the writing of files and the word that they count.
    # Each import is a process of its own; all are forked off one that has imported everything.
    program = f"""
import os, signal, sys, time
from pathlib import Path
import pandas
from garrison.detect import run
from garrison.detect.formats.files import find
from garrison.detect.lake import lake, state
run._BATCH = 1 << 20
add = state.State.add_parts
def later(self, parts):
    add(self, parts)
    os.write(told, b"x")
    time.sleep(0.05)
state.State.add_parts = later
for after in (1, 2, 3, 100):
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        run.take_files(find([Path({str(tmp_path / "logs")!r})])[0], lake.Lake(Path({str(lake)!r})))
        os._exit(0)
    os.close(told)
    for _ in range(after):
        os.read(heard, 1)
    time.sleep(0.01)
    if after < 100:
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    *killed, last = map(int, done.stdout.split())
    assert killed.count(signal.SIGKILL) >= 2
    assert last == 0
    there = Lake(lake)
    assert sorted(ids(there)) == sorted(record["eventID"] for record in made)
    named = {part.path for part in there.state.parts()}
    assert {str(path.relative_to(lake)) for path in lake.rglob("*.parquet")} == named
    there.close()


def test_files_are_put_together_and_old_days_removed(tmp_path: Path) -> None:
    made = list(records(3000, days=5))
    write(tmp_path / "logs", made)
    lake = Lake(tmp_path / "lake")
    for file in find([tmp_path / "logs"])[0]:
        take_files([file], lake)
    before = len(lake.state.parts())
    compact(lake, fewest=2)
    assert len(lake.state.parts()) < before
    assert sorted(ids(lake)) == sorted(record["eventID"] for record in made)
    # What was known is known after it.
    assert take_files(find([tmp_path / "logs"])[0], lake).events == 0
    days = sorted({part.day for part in lake.state.parts()})
    newest = max(part.last for part in lake.state.parts())
    expire(lake, 2, newest)
    assert sorted({part.day for part in lake.state.parts()}) == days[-2:]
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == len(lake.state.parts())
    lake.close()


def test_detectors_see_the_same_of_files_and_of_the_lake(tmp_path: Path) -> None:
    from garrison.detect.events import ApiCall
    from garrison.detect.registry import EventDetector, WindowDetector

    def deleted(event: ApiCall, context: Any) -> list[Detection]:
        return [_detection("event", event.id, event.time)]

    def busy(tables: Tables, context: Any) -> list[Detection]:
        calls = tables.table("api")
        hours = calls.group_by([calls.principal, (calls.time // 86400).name("day")]).aggregate(n=calls.count())
        return [
            _detection("window", f"{row['principal']}:{row['day']:.0f}:{row['n']}", row["day"] * 86400)
            for row in tables.rows(hours)
        ]

    made = list(records(2000))
    write(tmp_path / "logs", made)
    told: list[list[Detection]] = []
    lake = Lake(tmp_path / "lake")
    for taking in (True, False):
        found: list[Detection] = []
        told.append(found)
        engine = Engine(
            Surroundings(Remembered()),
            found.append,
            events=[EventDetector("deleted", ("event",), ApiCall, deleted, frozenset({"UpdateFunctionCode"}))],
            windows=[WindowDetector("busy", ("window",), ("api",), busy, 86400)],
        )
        if taking:
            take(tmp_path / "logs", lake, engine=engine)
        else:
            assert replay(lake, engine) == 2000
        ask_windows(lake, engine, lake_tables(lake))
        ask_windows(lake, engine, lake_tables(lake))
        assert not engine.failures
    assert {d.occurrence for d in told[0]} == {d.occurrence for d in told[1]}
    assert len(told[0]) == len(told[1]) == len({(d.type, d.occurrence) for d in told[0]})
    assert {d.type for d in told[0]} == {"event", "window"}
    lake.close()


def test_a_run_prints_findings_and_says_what_was_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    write(tmp_path / "logs", list(records(200)))
    (tmp_path / "logs" / "notes.txt").write_text("not a log")
    done = CliRunner().invoke(cli, ["detect", "run", str(tmp_path / "logs"), "-o", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["schema"] == 1
    assert "notes.txt: of no form known here" in done.stderr
    assert list((tmp_path / "temporary").iterdir()) == []


def _detection(type_: str, occurrence: str, when: float) -> Detection:
    return Detection(
        type=type_,
        account="111122223333",
        region="eu-central-1",
        key=(occurrence,),
        occurrence=occurrence,
        first=when,
        last=when,
        severity=5.0,
        title=type_,
        description=type_,
        resource={},
        action={},
    )
