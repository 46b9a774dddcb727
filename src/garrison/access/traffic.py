"""What web ACLs saw of the traffic: samples, counts, rate limits, log records.

The edge's workers write it, in batches; services read it. It is a SQLite file in the edge's directory, bounded in time
and size, and worth nothing to a decision: losing it loses what was to be looked at, no more.
"""

from __future__ import annotations

import collections
import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from garrison.access.runtime import Runtime

NAME = "traffic.db"
KEPT = 3 * 3600 + 120
"""Seconds that samples and counts are kept: GetSampledRequests reaches back three hours."""
SAMPLES = 500
"""Samples kept of a metric and a minute."""
PATHS = 1000
"""Different paths counted of a web ACL and a minute; the others count as one."""
LOGGED = 50_000
"""Log records kept."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (acl TEXT, metric TEXT, action TEXT, minute INTEGER, n INTEGER,
    PRIMARY KEY (acl, metric, minute, action)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples (acl TEXT, metric TEXT, time REAL, item BLOB);
CREATE INDEX IF NOT EXISTS samples_by_metric ON samples (acl, metric, time);
CREATE INDEX IF NOT EXISTS samples_by_time ON samples (time);
CREATE TABLE IF NOT EXISTS paths (acl TEXT, minute INTEGER, path TEXT, n INTEGER,
    PRIMARY KEY (acl, minute, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS limited (rule TEXT, key TEXT, until REAL, PRIMARY KEY (rule, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (acl TEXT, metric TEXT, action TEXT, n INTEGER,
    PRIMARY KEY (acl, metric, action)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY AUTOINCREMENT, acl TEXT, destination TEXT, record BLOB);
CREATE TABLE IF NOT EXISTS delivered (file TEXT PRIMARY KEY, size INTEGER, seq INTEGER) WITHOUT ROWID;
"""


class Batch(msgspec.Struct):
    """What a worker has to tell. `Traffic.write` takes it."""

    counts: dict[tuple[str, str, str, int], int] = {}
    """(web ACL ARN, metric, action, minute) -> requests. `ALL` is the metric of all requests."""
    samples: list[tuple[str, str, float, bytes]] = []
    """(web ACL ARN, metric, time, item as JSON)"""
    paths: dict[tuple[str, int, str], int] = {}
    """(web ACL ARN, minute, path) -> requests."""
    limited: dict[tuple[str, str], float] = {}
    """(rule's instance: `ARN/rule` or `ARN/group rule/rule`, key) -> until when it counts as limited."""
    logs: list[tuple[str, str, bytes]] = []
    """(web ACL ARN, destination's ARN, record as JSON)"""


class LogRecord(NamedTuple):
    """A record on its way to where the web ACL's logging configuration says."""

    seq: int
    web_acl: str
    destination: str
    record: bytes
    """JSON."""


class Traffic:
    """The file. Every call opens it anew: readers are few, and it may be made or removed at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=5)
        try:
            yield connection
        finally:
            connection.close()

    def create(self) -> None:
        """Make the file, if it is not there."""
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)
        self._path.chmod(0o600)

    def write(self, batch: Batch) -> None:
        """Add what a worker has to tell, all of it or nothing."""
        with self._open() as connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO counts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
                [(*key, n) for key, n in batch.counts.items()],
            )
            connection.executemany(
                "INSERT INTO totals VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
                [(acl, metric, action, n) for (acl, metric, action, _), n in batch.counts.items()],
            )
            connection.executemany("INSERT INTO samples VALUES (?, ?, ?, ?)", batch.samples)
            connection.executemany(
                "INSERT INTO paths VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
                [(*key, n) for key, n in batch.paths.items()],
            )
            connection.executemany(
                "INSERT INTO limited VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
                [(*key, until) for key, until in batch.limited.items()],
            )
            connection.executemany("INSERT INTO records (acl, destination, record) VALUES (?, ?, ?)", batch.logs)
            connection.execute("COMMIT")

    def forget(self, now: float) -> None:
        """Drop what is older than is kept."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            before = now - KEPT
            connection.execute("DELETE FROM counts WHERE minute < ?", (int(before // 60),))
            connection.execute("DELETE FROM paths WHERE minute < ?", (int(before // 60),))
            connection.execute("DELETE FROM samples WHERE time < ?", (before,))
            connection.execute("DELETE FROM limited WHERE until < ?", (now,))
            connection.execute("DELETE FROM records WHERE seq <= (SELECT max(seq) FROM records) - ?", (LOGGED,))
            connection.execute("COMMIT")

    def _rows(self, sql: str, params: Sequence[Any]) -> list[Any]:
        """Nothing, where the file is not (or no longer) one of ours."""
        try:
            with self._open() as connection:
                return connection.execute(sql, params).fetchall()
        except sqlite3.Error:
            return []

    def sampled(
        self, web_acl: str, metric: str, start: float, end: float, limit: int = 5000
    ) -> tuple[list[dict[str, Any]], int]:
        """Samples of a metric between two times, oldest first, and how many requests it saw by then."""
        rows = self._rows(
            "SELECT item FROM samples WHERE acl = ? AND metric = ? AND time >= ? AND time < ? ORDER BY time LIMIT ?",
            (web_acl, metric, start, end, limit),
        )
        population = self._rows(
            "SELECT coalesce(sum(n), 0) FROM counts WHERE acl = ? AND metric = ? AND minute BETWEEN ? AND ?",
            (web_acl, metric, int(start // 60), int(end // 60)),
        )
        items = [msgspec.json.decode(row[0]) for row in rows]
        return items, max(len(items), population[0][0] if population else 0)

    def counts(self, web_acl: str, start: float, end: float) -> dict[tuple[str, str], int]:
        """(metric, action) -> requests, by whole minutes."""
        rows = self._rows(
            "SELECT metric, action, sum(n) FROM counts WHERE acl = ? AND minute BETWEEN ? AND ? GROUP BY 1, 2",
            (web_acl, int(start // 60), int(end // 60)),
        )
        return {(metric, action): n for metric, action, n in rows}

    def paths(self, web_acl: str, start: float, end: float) -> collections.Counter[str]:
        """Path -> requests, by whole minutes."""
        rows = self._rows(
            "SELECT path, sum(n) FROM paths WHERE acl = ? AND minute BETWEEN ? AND ? GROUP BY 1",
            (web_acl, int(start // 60), int(end // 60)),
        )
        return collections.Counter(dict(rows))

    def limited(self, web_acl: str, rule: str, rule_group_rule: str | None = None) -> list[str]:
        """Keys (addresses) that a rate-based rule acts on now; `rule_group_rule`: the rule that refers to its group."""
        inside = rule if rule_group_rule is None else f"{rule_group_rule}/{rule}"
        rows = self._rows(
            "SELECT key FROM limited WHERE rule = ? AND until >= ? ORDER BY until DESC LIMIT 10000",
            (f"{web_acl}/{inside}", time.time()),
        )
        return [row[0] for row in rows]

    def totals(self) -> dict[tuple[str, str, str], int]:
        """(web ACL ARN, metric, action) -> requests since there is the file."""
        rows = self._rows("SELECT acl, metric, action, n FROM totals ORDER BY 1, 2, 3", ())
        return {(acl, metric, action): n for acl, metric, action, n in rows}

    def log_records(self, after: int = 0, limit: int = 1000) -> list[LogRecord]:
        """Records after a number, in order."""
        sql = "SELECT seq, acl, destination, record FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
        return [
            LogRecord(seq, acl, place, bytes(record)) for seq, acl, place, record in self._rows(sql, (after, limit))
        ]

    def delivered(self) -> tuple[int, dict[str, int]]:
        """The number of the last record that was delivered, and the size of each file then."""
        rows = self._rows("SELECT file, size, seq FROM delivered", ())
        return max([seq for _, _, seq in rows], default=0), {file: size for file, size, _ in rows}

    def note_delivered(self, seq: int, sizes: Mapping[str, int]) -> None:
        """Remember what `delivered` tells."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR REPLACE INTO delivered VALUES (?, ?, ?)", [(file, size, seq) for file, size in sizes.items()]
            )
            connection.execute("COMMIT")


def traffic_of(runtime: Runtime) -> Traffic | None:
    """What was seen of this Garrison's traffic; None if no edge ever ran."""
    directory = runtime.edge.directory
    if directory is None or not (directory / NAME).exists():
        return None
    return Traffic(directory / NAME)
