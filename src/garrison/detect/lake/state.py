"""What a lake and its detectors remember, in one SQLite file: a batch of events is one transaction of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

_SCHEMA = """
CREATE TABLE IF NOT EXISTS parts (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, day TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parts_by_time ON parts (kind, last);
CREATE INDEX IF NOT EXISTS parts_by_place ON parts (kind, account, region, day);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, changed INTEGER NOT NULL, records INTEGER NOT NULL,
    bad INTEGER NOT NULL, finished INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offsets (source TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
    scope TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, first REAL NOT NULL, last REAL NOT NULL,
    n INTEGER NOT NULL, level REAL NOT NULL, spread REAL NOT NULL, PRIMARY KEY (scope, kind, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, detection BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Part(msgspec.Struct, frozen=True):
    """A Parquet file of the lake."""

    path: str
    """Relative to the lake."""
    kind: str
    account: str
    region: str
    day: str
    rows: int
    bytes: int
    first: float
    last: float


class FileState(msgspec.Struct, frozen=True):
    """How far a file was read."""

    path: str
    size: int
    changed: int
    records: int
    """Records taken of it, bad ones too."""
    bad: int
    finished: bool


class State:
    """The file, open. One process writes it."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close it."""
        self.connection.close()

    # Parts

    def parts(self, kind: str | None = None, first: float | None = None, last: float | None = None) -> list[Part]:
        """Files with rows of a kind within a time, oldest first."""
        where, values = ["1"], list[object]()
        for clause, value in (("kind = ?", kind), ("last >= ?", first), ("first <= ?", last)):
            if value is not None:
                where.append(clause)
                values.append(value)
        rows = self.connection.execute(
            f"SELECT * FROM parts WHERE {' AND '.join(where)} ORDER BY first, path",  # noqa: S608
            values,
        )
        return [Part(*row) for row in rows]

    def parts_at(self, kind: str, account: str, region: str, day: str) -> list[Part]:
        """The files of one partition."""
        rows = self.connection.execute(
            "SELECT * FROM parts WHERE kind = ? AND account = ? AND region = ? AND day = ? ORDER BY path",
            (kind, account, region, day),
        )
        return [Part(*row) for row in rows]

    def add_parts(self, parts: Iterable[Part]) -> None:
        """Within `writing()`."""
        self.connection.executemany(
            "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [msgspec.structs.astuple(part) for part in parts]
        )

    def drop_parts(self, paths: Iterable[str]) -> None:
        """Within `writing()`; the files themselves are removed after it."""
        self.connection.executemany("DELETE FROM parts WHERE path = ?", [(path,) for path in paths])

    # Sources

    def file(self, path: str) -> FileState | None:
        """How far a file was read; None for one never seen."""
        row = self.connection.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        if row is None:
            return None
        name, size, changed, records, bad, finished = row
        return FileState(name, size, changed, records, bad, bool(finished))

    def set_file(self, file: FileState) -> None:
        """Within `writing()`."""
        self.connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(file))

    def offset(self, source: str) -> str:
        """How far a stream was read, in its own words; "" at its beginning."""
        row = self.connection.execute("SELECT at FROM offsets WHERE source = ?", (source,)).fetchone()
        return row[0] if row else ""

    def set_offset(self, source: str, at: str) -> None:
        """Within `writing()`."""
        self.connection.execute("INSERT OR REPLACE INTO offsets VALUES (?, ?)", (source, at))

    # What was detected and is not told yet

    def put_out(self, detections: Iterable[bytes]) -> None:
        """Within `writing()`."""
        self.connection.executemany("INSERT INTO outbox (detection) VALUES (?)", [(one,) for one in detections])

    def outbox(self, limit: int) -> list[tuple[int, bytes]]:
        """The oldest, each with its number."""
        rows = self.connection.execute("SELECT seq, detection FROM outbox ORDER BY seq LIMIT ?", (limit,))
        return [(seq, body) for seq, body in rows]

    def taken_out(self, seq: int) -> None:
        """All up to that number were told."""
        self.connection.execute("DELETE FROM outbox WHERE seq <= ?", (seq,))

    def batch(self) -> int:
        """A number no batch had before; within `writing()` or not."""
        row = self.connection.execute(
            "INSERT INTO facts VALUES ('batch', '1') ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        ).fetchone()
        return int(row[0])
