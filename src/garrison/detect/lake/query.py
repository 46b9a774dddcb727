"""The lake's tables for window detectors, through ibis: on DuckDB, or on another engine that reads Parquet or Arrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis

from garrison.detect.lake.columns import KINDS, schema
from garrison.detect.lake.state import State


def duckdb(memory: str = "1GB", threads: int = 2) -> Any:
    """An engine in memory: it reads nothing but files it is told of, and nothing from elsewhere."""
    connection = ibis.duckdb.connect(threads=threads, memory_limit=memory)
    for setting in ("TimeZone = 'UTC'", "enable_progress_bar = false"):
        connection.raw_sql(f"SET {setting}")
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
        connection.raw_sql(f"SET {setting} = false")
    return connection


class LakeTables:
    """`tables.Tables` over a lake's files, between two times."""

    def __init__(self, directory: Path, state: State, engine: Any, *, account: str = "", region: str = "") -> None:
        """With `account` and `region`: the rows of that place alone."""
        self._place = (account, region)
        self._directory = directory
        self._state = state
        self._engine = engine
        self.since = 0.0
        self.now = 0.0

    def between(self, first: float, now: float) -> LakeTables:
        """What is asked from now on is of this time."""
        self.since, self.now = first, now
        return self

    def table(self, name: str) -> ibis.Table:
        """The table's rows of the time."""
        parts = [
            part
            for part in self._state.parts(name, self.since, self.now)
            if not self._place[0] or (part.account, part.region) == self._place
        ]
        when = KINDS[name].time
        columns = [column for column, *_ in KINDS[name].columns]
        if not parts:
            return ibis.memtable(schema(name).empty_table().select(columns))
        table = self._engine.read_parquet([str(self._directory / part.path) for part in parts], hive_partitioning=False)
        return table.filter(table[when] >= self.since, table[when] <= self.now).select(columns)

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Its rows, executed."""
        rows: list[dict[str, Any]] = self._engine.to_pyarrow(expression).to_pylist()
        return rows
