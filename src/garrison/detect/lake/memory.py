"""What baselines remember, in the state file: written in the transaction of the events it was learned from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from garrison.detect.baseline.memory import Row


class SeenStorage:
    """`baseline.memory.MemoryStorage`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection`: of a `State`."""
        self._connection = connection

    def read(self, scope: str) -> Iterable[Row]:
        """All rows of a scope."""
        return [Row(*row) for row in self._connection.execute("SELECT * FROM seen WHERE scope = ?", (scope,))]

    def write(self, rows: Sequence[Row]) -> None:
        """Puts rows in the place of those before; within a transaction of the state."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [msgspec.structs.astuple(row) for row in rows],
        )

    def scopes(self, prefix: str) -> Iterable[tuple[str, float]]:
        """Scopes that begin with `prefix`, each with when it was first seen."""
        rows = self._connection.execute(
            "SELECT scope, min(first) FROM seen WHERE scope >= ? AND scope < ? GROUP BY scope",
            (prefix, prefix + "\U0010ffff"),
        )
        return [(scope, first) for scope, first in rows]
