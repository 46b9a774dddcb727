"""Detectors of windows say the same on another engine than DuckDB: they are expressions, not SQL of one dialect."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa
import pytest

from garrison.detect import detectors
from garrison.detect.baseline.memory import Remembered
from garrison.detect.detection import Detection
from garrison.detect.lake.columns import KEY, KINDS, arrow
from garrison.detect.registry import WINDOW_DETECTORS
from garrison.detect.surroundings import Surroundings
from tests.detect.network import HERE, T0, flow

detectors.load()


class OnEngine:
    """`tables.Tables` of flows, on any engine of ibis."""

    since = 0.0
    now = T0 + 7200

    def __init__(self, engine: Any, flows: pa.Table) -> None:
        self._engine = engine
        self._flows = flows

    def table(self, name: str) -> ibis.Table:
        assert name == "flow"
        return ibis.memtable(self._flows)

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._engine.to_pyarrow(expression).to_pylist()
        return rows


@pytest.fixture(scope="module")
def flows() -> pa.Table:
    guessed = [flow(n * 5.0, "198.51.100.9", HERE, 22, packets=20, octets=3000) for n in range(40)]
    scan = [flow(n * 0.05, port=1000 + n, packets=1, octets=60, accepted=False) for n in range(300)]
    sweep = [
        flow(float(n), HERE, f"198.51.{n // 250}.{n % 250}", 445, packets=1, octets=60, accepted=False)
        for n in range(400)
    ]
    flood = [
        flow(60.0 * n, HERE, "198.51.100.33", 9999, protocol=17, packets=2_000_000, octets=100_000_000, lasts=60.0)
        for n in range(6)
    ]
    ordinary = [flow(n * 10.0, HERE, "198.51.100.8", 443) for n in range(100)]
    made = [*guessed, *scan, *sweep, *flood, *ordinary]
    return arrow(KINDS["flow"], made, list(range(len(made)))).drop([KEY])


def said(engine: Any, flows: pa.Table) -> dict[str, list[Detection]]:
    tables = OnEngine(engine, flows)
    return {
        detector.name: sorted(
            detector.function(tables, Surroundings(Remembered())), key=lambda one: (one.type, one.key, one.occurrence)
        )
        for detector in WINDOW_DETECTORS
        if detector.reads == ("flow",)
    }


def test_duckdb_and_sqlite_say_the_same(flows: pa.Table) -> None:
    here, there = said(ibis.duckdb.connect(threads=1), flows), said(ibis.sqlite.connect(), flows)
    assert {name for name, found in here.items() if found} >= {
        "brute_force", "denial_of_service", "port_scan", "port_sweep",
    }  # fmt: skip
    assert there == here
