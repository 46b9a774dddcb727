"""Detectors of windows say the same on every engine: they are expressions, not SQL of one dialect."""

from __future__ import annotations

import base64
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ibis
import pytest
from click.testing import CliRunner, Result

from garrison.cli.main import cli
from garrison.detect.baseline.memory import Remembered
from garrison.detect.detection import Detection
from garrison.detect.engine import Engine
from garrison.detect.events import Event
from garrison.detect.intel import IndicatorList, Lists
from garrison.detect.lake import engines
from garrison.detect.lake.engines import NoEngine, QueryEngine, connect
from garrison.detect.lake.lake import Lake
from garrison.detect.lake.query import LakeTables
from garrison.detect.registry import WINDOW_DETECTORS
from garrison.detect.run import ask_windows
from garrison.detect.surroundings import Surroundings
from tests.detect.cases.flow_habits import week
from tests.detect.making import api, login
from tests.detect.network import HERE, T0, dns, flow

pytestmark = pytest.mark.xdist_group("engines")

_NEEDS = {"chdb": ("chdb", "clickhouse_connect"), "spark": ("pyspark",)}
_RELAYS = [f"203.0.113.{n}" for n in range(101, 131)]
_LISTED = "203.0.113.77"


def _network() -> list[Event]:
    guessed = [flow(n * 5.0, "198.51.100.9", HERE, 22, packets=20, octets=3000 + n % 3) for n in range(40)]
    scan = [flow(n * 0.05, port=1000 + n, packets=1, octets=60, accepted=False) for n in range(300)]
    sweep = [
        flow(float(n), HERE, f"198.51.{n // 250}.{n % 250}", 445, packets=1, octets=60, accepted=False)
        for n in range(400)
    ]
    flood = [
        flow(60.0 * n, HERE, "198.51.100.33", 9999, protocol=17, packets=2_000_000, octets=100_000_000, lasts=60.0)
        for n in range(6)
    ]
    usual = [flow(-h * 3600, octets=2_000_000 + h % 5 * 10_000, instance="i-0bb22") for h in range(1, 24 * 8)]
    copied = flow(60, HERE, "203.0.113.9", octets=900_000_000, packets=600_000, instance="i-0bb22")
    relay = [flow(i * 10.0, HERE, one, port=9001) for i, one in enumerate(_RELAYS)]
    back = [flow(i * 10.0, one, HERE, port=9001, source_port=40002) for i, one in enumerate(_RELAYS[:9])]
    clock = [flow(60.0 * n, HERE, _LISTED, 443, octets=500) for n in range(60)]
    nobody_knows = [flow(float(n), "198.51.100.4", "198.51.100.5", 80, outbound=None) for n in range(20)]
    made: list[Event] = [*guessed, *scan, *sweep, *flood, *usual, copied, *relay, *back, *clock, *nobody_knows]
    new = [flow(i * 20.0, HERE, "203.0.113.9", port) for n, port in ((6, 6667), (60, 25)) for i in range(n)]
    asks = [flow(i * 20.0, HERE, "203.0.113.9", 53, protocol=17) for i in range(12)]
    return [*made, *week(), *new, *asks]


def _other() -> list[Event]:
    hour = T0
    reads: list[Event] = [
        api("s3", "GetObject", {"bucketName": "invoices", "key": str(i)}, data=True, time=t)
        for i, t in enumerate([*(hour - h * 3600 for h in range(1, 24 * 8) for _ in range(3)), *[hour + 5.0] * 300])
    ]
    tried: list[Event] = [login(succeeded=h % 9 > 0, time=hour - h * 3600) for h in range(1, 24 * 8)]
    failing: list[Event] = [login(succeeded=False, source="203.0.113.5", time=hour + i) for i in range(60)]
    in_the_end: list[Event] = [login(succeeded=True, source=f"203.0.113.{n}", time=hour + 90) for n in (5, 6)]
    chance = random.Random(4)
    made_up = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=12)) + ".com" for _ in range(12)]
    missing: list[Event] = [dns(name, i * 30.0, rcode="NXDOMAIN") for i, name in enumerate(made_up)]
    carried = [base64.b32encode(chance.randbytes(40)).decode().lower()[:45] for _ in range(120)]
    sent: list[Event] = [dns(f"{data}.evil.example.com", i * 0.5, type="TXT") for i, data in enumerate(carried)]
    return [*reads, *tried, *failing, *in_the_end, *missing, *sent]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    made = Lake(tmp_path_factory.mktemp("engines [1]") / "lake")
    made.take([*_network(), *_other()])
    made.commit()
    yield made
    made.close()


def _lists() -> Lists:
    lists = {"tor": _RELAYS, "c2": [_LISTED]}
    return Lists(
        IndicatorList(
            name=category, category=category, trusted=False, addresses=tuple(f"{one}/32" for one in entries), names=(),
            digest="ab" * 32, time=T0,
        )
        for category, entries in lists.items()
    )  # fmt: skip


def said(lake: Lake, engine: QueryEngine) -> list[Detection]:
    """What detectors of windows say of all the lake has, which is in several files of several tables."""
    told: list[Detection] = []
    asked = Engine(Surroundings(Remembered(), intel=_lists()), told.append, events=())
    ask_windows(lake, asked, LakeTables(lake.directory, lake.state, engine))
    assert not asked.failures
    return sorted(told, key=lambda one: (one.type, one.key, one.occurrence, one.account))


@pytest.fixture(scope="module")
def on_duckdb(lake: Lake) -> list[Detection]:
    return said(lake, connect("duckdb"))


def test_every_detector_of_windows_has_something_to_say(on_duckdb: list[Detection]) -> None:
    types = {one.type for one in on_duckdb}
    assert [one.name for one in WINDOW_DETECTORS if types.isdisjoint(one.types)] == []


def test_every_query_can_be_said_to_trino(lake: Lake) -> None:
    """No Trino is asked here: that each expression has a translation is what can be known without one."""
    made = []

    class Translated:
        def __init__(self) -> None:
            self._duckdb = connect("duckdb")
            self.files, self.close = self._duckdb.files, self._duckdb.close

        def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
            made.append(ibis.to_sql(expression, dialect="trino"))
            return self._duckdb.rows(expression)

    said(lake, Translated())
    assert len(made) > len(WINDOW_DETECTORS)


def _installed(name: str) -> None:
    if name in os.environ.get("GARRISON_TEST_ENGINES", "").split():
        return  # none that is named may be missing
    if not all(find_spec(module) for module in _NEEDS[name]):
        pytest.skip(f"{name} is not installed: make engines")
    if name == "spark" and not shutil.which("java"):
        pytest.skip("spark needs Java")


@pytest.mark.engine
@pytest.mark.parametrize("name", ["chdb", "spark"])
def test_another_engine_says_the_same(
    name: str, lake: Lake, on_duckdb: list[Detection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _installed(name)
    (tmp_path / "spark-defaults.conf").write_text(_SMALL)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    with closing(connect(name)) as engine:
        assert said(lake, engine) == on_duckdb


_SMALL = """
spark.sql.codegen.wholeStage    false
spark.sql.codegen.factoryMode   NO_CODEGEN
spark.sql.adaptive.enabled      false
spark.driver.extraJavaOptions   -XX:TieredStopAtLevel=1
"""
"""Queries over next to nothing: compiling them would take most of the time."""


def _run(*options: str) -> Result:
    return CliRunner().invoke(cli, ["detect", "run", *options])


def test_an_engine_is_chosen_by_its_name_or_says_what_is_missing(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = str(tmp_path / "lake")
    (tmp_path / "lake").mkdir()
    assert _run("--lake", empty, "--engine", "duckdb").output == "Nothing was found.\n"
    unknown = _run("--lake", empty, "--engine", "oracle")
    assert (unknown.exit_code, unknown.output.startswith("Error: No engine is named oracle: say duckdb, ")) == (1, True)
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert _run("--lake", empty, "--engine", "spark").output == (
        "Error: The engine spark needs pyspark: pip install 'ibis-framework[pyspark]'.\n"
    )
    monkeypatch.setenv("GARRISON_DETECT_ENGINE", "clickhouse://me:secret@127.0.0.1:9/x")
    assert "pip install 'ibis-framework[clickhouse]'" in _run("--lake", empty).output


@pytest.mark.engine
def test_an_engine_that_does_not_answer_is_said_without_its_password() -> None:
    _installed("chdb")
    with pytest.raises(NoEngine) as raised:
        connect("clickhouse://me:secret@127.0.0.1:9/x")
    assert "clickhouse://me:...@127.0.0.1:9/x does not answer" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.engine
def test_a_run_finds_the_same_on_clickhouse(tmp_path: Path) -> None:
    _installed("chdb")
    start = int(T0)
    scan = [
        f"2 111122223333 eni-1 {HERE} 198.51.100.7 40000 {1000 + n} 6 1 60 {start} {start + 1} REJECT OK"
        for n in range(300)
    ]
    (tmp_path / "flows.log").write_text("\n".join([*scan, ""]))
    here, there = (_run(str(tmp_path), "-o", "jsonl", "--engine", name).stdout for name in ("duckdb", "chdb"))
    assert there.splitlines() == here.splitlines() != []
