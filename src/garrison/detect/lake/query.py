"""The lake's tables for window detectors, through ibis: on DuckDB or another engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis

from garrison.detect.lake.columns import KINDS
from garrison.detect.lake.engines import QueryEngine
from garrison.detect.lake.state import State


class LakeTables:
    """`tables.Tables` over a lake's files, between two times."""

    def __init__(
        self, directory: Path, state: State, engine: QueryEngine, *, account: str = "", region: str = ""
    ) -> None:
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
        table = self._engine.files(name, [str(self._directory / part.path) for part in parts])
        return table.filter(table[when] >= self.since, table[when] <= self.now).select(columns)

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Its rows, executed."""
        return self._engine.rows(expression)
