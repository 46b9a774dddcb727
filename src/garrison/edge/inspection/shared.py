"""What several inspection workers count and remember together: a small SQLite file.

One worker needs none of this, and keeps its counts in memory. With more, a limit is the limit of all of them: every
request that a rate-based rule looks at costs one write here, some tens of microseconds, and no other request does. It
outlives a worker that is replaced; losing it loses the counts of the last minutes.

A worker that finds the file locked for too long counts for itself, and lets no mark be used: it fails closed.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from garrison.waf.counters import BUCKET, MOST_KEYS, MOST_LIMITED, MemoryCounters

log = logging.getLogger("garrison.edge")

NAME = "shared.db"
_WAIT = 0.2
"""Seconds."""
_OTHERS = b""
_LONGEST = 600
"""Seconds: the longest window of a rate-based rule."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (instance BLOB, key BLOB, bucket INTEGER, n INTEGER,
    PRIMARY KEY (instance, key, bucket)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS counts_by_bucket ON counts (bucket);
CREATE TABLE IF NOT EXISTS once (mark BLOB PRIMARY KEY, until REAL) WITHOUT ROWID;
"""


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_WAIT, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    connection.executescript(_SCHEMA)
    path.chmod(0o600)
    return connection


class SharedCounters:
    """`RateCounters` of several processes."""

    def __init__(self, path: Path) -> None:
        self._db = _open(path)
        self._own = MemoryCounters()
        self._bucket = 0
        self._new: dict[bytes, int] = {}
        """Keys this worker was the first to count in this bucket, by rule instance."""
        self._limited: dict[bytes, tuple[int, frozenset[bytes]]] = {}

    def add(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """Count one request; answer how many there were within the window, this one included."""
        bucket = int(now) // BUCKET
        try:
            if bucket != self._bucket:
                self._bucket, self._new = bucket, {}
                self._db.execute("DELETE FROM counts WHERE bucket < ?", (bucket - _LONGEST // BUCKET,))
            if self._new.get(instance, 0) >= MOST_KEYS and not self._total(instance, key, now, window):
                key = _OTHERS
            row = self._db.execute(
                "INSERT INTO counts VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
                (instance, key, bucket),
            ).fetchone()
            if row[0] == 1:
                self._new[instance] = self._new.get(instance, 0) + 1
            return self._total(instance, key, now, window)
        except sqlite3.Error as e:
            log.error("requests are counted by each worker for itself: %s", e)
            return self._own.add(instance, key, now, window)

    def total(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        """How many there were within the window."""
        try:
            return self._total(instance, key, now, window)
        except sqlite3.Error:
            return self._own.total(instance, key, now, window)

    def _total(self, instance: bytes, key: bytes, now: float, window: int) -> int:
        bucket = int(now) // BUCKET
        row = self._db.execute(
            "SELECT coalesce(sum(n), 0) FROM counts WHERE instance = ? AND key = ? AND bucket > ?",
            (instance, key, bucket - window // BUCKET),
        ).fetchone()
        return int(row[0])

    def limited(self, instance: bytes, now: float, limit: int, window: int) -> list[tuple[bytes, int]]:
        """Keys over the limit with their counts, highest first."""
        try:
            rows = self._db.execute(
                "SELECT key, sum(n) AS total FROM counts WHERE instance = ? AND bucket > ? AND key != ? GROUP BY key "
                "HAVING total > ? ORDER BY total DESC LIMIT ?",
                (instance, int(now) // BUCKET - window // BUCKET, _OTHERS, limit, MOST_LIMITED),
            ).fetchall()
        except sqlite3.Error:
            return self._own.limited(instance, now, limit, window)
        return [(bytes(key), total) for key, total in rows]

    def was_limited(self, instance: bytes, key: bytes, now: float, limit: int, window: int) -> bool:
        """Whether the key was over the limit when rates were last looked at: at the last full ten seconds."""
        tick = int(now) // BUCKET
        held = self._limited.get(instance)
        if held is None or held[0] != tick:
            over = frozenset([key for key, _ in self.limited(instance, tick * BUCKET, limit, window)])
            held = self._limited[instance] = (tick, over)
        return key in held[1]


class SharedOnce:
    """`Once` of several processes."""

    def __init__(self, path: Path) -> None:
        self._db = _open(path)
        self._swept = 0.0

    def first(self, mark: bytes, until: float, now: float) -> bool:
        """Whether this mark was never seen."""
        try:
            if now - self._swept > 60:
                self._swept = now
                self._db.execute("DELETE FROM once WHERE until < ?", (now,))
            return self._db.execute("INSERT OR IGNORE INTO once VALUES (?, ?)", (mark, until)).rowcount == 1
        except sqlite3.Error as e:
            log.error("what may be used once is not taken: %s", e)
            return False
