"""Read events in files of their own, apart from the main database.

Reads are most of the traffic and change nothing: their events would swell the database that holds what matters. Each
process appends to one SQLite file at a time; a full one is left behind, and one whose events are all past their keeping
is deleted. A file belongs to the process that holds the lock beside it, so that a restart goes on where it stopped.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from garrison.store import StoredEvent
from garrison.store.attributes import event_marks, lookup_marks
from garrison.trail.record import TrailEntry

_log = logging.getLogger(__name__)
_SUFFIX = ".db"
_OPEN_FILES = 32
_NO_END = 2**62

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
    time REAL NOT NULL, body BLOB NOT NULL, extra BLOB);
CREATE TABLE IF NOT EXISTS marks (
    time REAL NOT NULL, seq INTEGER NOT NULL, marks BLOB NOT NULL, PRIMARY KEY (time, seq)) WITHOUT ROWID;
"""
_COLUMNS = "e.seq, e.id, e.account, e.region, e.time, e.body, e.extra"


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    # What is written is out of this process at once; `SegmentWriter.sync` takes it to the disk.
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _try_lock(path: Path) -> int | None:
    """The lock of a segment, or None while another process holds it."""
    descriptor = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def paths(directory: Path) -> list[Path]:
    """All segments, newest first."""
    try:
        return sorted((p for p in directory.iterdir() if p.name.endswith(_SUFFIX)), reverse=True)
    except FileNotFoundError:
        return []


class SegmentWriter:
    """This process's segment. Not for use by several threads at once, but that any may `sync`."""

    def __init__(self, directory: Path, *, max_bytes: int, retain_seconds: float) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._retain = retain_seconds
        self._path: Path | None = None
        self._lock: int | None = None
        self._connection: sqlite3.Connection | None = None
        self._log: int | None = None
        """The write-ahead log, which is all that has to be synced."""

    def append(self, entries: Sequence[TrailEntry]) -> None:
        """Append, all or none: what was appended outlives this process. Raises `sqlite3.Error` or `OSError`."""
        try:
            self._append(entries)
        except BaseException:
            self.close()  # start over with what is on the disk
            raise

    def syncing(self) -> Callable[[], None]:
        """What takes all that was appended to the disk, so that it outlives the machine's power, too.

        To be had where nobody appends, and called, once, from wherever waiting hurts nobody. Raises `OSError`.
        """
        if self._log is None:
            return lambda: None  # a segment is synced when it is left
        descriptor = os.dup(self._log)

        def sync() -> None:
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

        return sync

    def _append(self, entries: Sequence[TrailEntry]) -> None:
        connection = self._connection or self._open()
        connection.execute("BEGIN IMMEDIATE")
        last = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
        rows = []
        marks = []
        for seq, entry in enumerate(entries, last + 1):
            rows.append((seq, entry.id, entry.account, entry.region, entry.time, entry.event, entry.extra))
            marks.append((entry.time, seq, event_marks(entry.account, entry.keys)))
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO marks VALUES (?, ?, ?)", marks)
        connection.execute("COMMIT")
        pages, size = connection.execute(
            "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()
        if pages * size >= self._max_bytes:
            self.close()
            self.expire()

    def _open(self) -> sqlite3.Connection:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = lock = None
        for candidate in paths(self._directory):
            if candidate.stat().st_size < self._max_bytes:
                lock = _try_lock(candidate)
                if lock is not None:
                    path = candidate
                    break
        if path is None:
            # Names sort by age.
            path = self._directory / f"{time.time_ns() // 1_000_000:014d}-{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
            lock = _try_lock(path)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._path, self._lock = path, lock
        connection = _connect(path)
        self._connection = connection
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
        # SQLite's locks are on the other two files, so that closing this loses none.
        self._log = os.open(path.with_name(path.name + "-wal"), os.O_RDWR | os.O_CLOEXEC)
        return connection

    def expire(self, now: float | None = None) -> list[Path]:
        """Delete segments nobody writes to whose newest event is past its keeping; gives their paths."""
        cutoff = (time.time() if now is None else now) - self._retain
        gone = []
        for path in paths(self._directory):
            if path == self._path:
                continue
            lock = _try_lock(path)
            if lock is None:
                continue
            try:
                if _newest(path) < cutoff:
                    _delete(path)
                    gone.append(path)
            except (sqlite3.Error, OSError):
                _log.exception("the trail segment %s could not be examined", path)
            finally:
                os.close(lock)
        return gone

    def reset(self) -> None:
        """Delete every segment that no other process writes to, and empty those that one does."""
        self.close()
        for path in paths(self._directory):
            lock = _try_lock(path)
            if lock is not None:
                _delete(path)
                os.close(lock)
                continue
            connection = _connect(path)
            connection.executescript("BEGIN IMMEDIATE; DELETE FROM events; DELETE FROM marks; COMMIT;")
            connection.close()

    def close(self) -> None:
        """Leave the segment to others."""
        if self._log is not None:
            os.close(self._log)
        if self._connection is not None:
            self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
        self._connection = self._lock = self._path = self._log = None


def _newest(path: Path) -> float:
    connection = _connect(path)
    try:
        return float(connection.execute("SELECT coalesce(max(time), 0) FROM marks").fetchone()[0])
    finally:
        connection.close()


def _delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


class SegmentReader:
    """All segments of a directory, every process's. Safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._open: OrderedDict[Path, sqlite3.Connection] = OrderedDict()
        self._mutex = threading.Lock()

    def stored_events(
        self,
        *,
        account: str | None,
        region: str | None,
        keys: Sequence[tuple[str, str]],
        start: float | None,
        end: float | None,
        before: tuple[float, str] | None,
        limit: int,
    ) -> list[StoredEvent]:
        """Events newest first, at most `limit` of each segment, unmerged."""
        params: list[object] = []
        where = []
        for mark in lookup_marks(account, keys):
            where.append("instr(m.marks, ?) > 0")
            params.append(mark)
        if account is not None:
            where.append("e.account = ?")
            params.append(account)
        if region is not None:
            where.append("e.region = ?")
            params.append(region)
        if start is not None:
            where.append("m.time >= ?")
            params.append(start)
        if before is not None:
            end = before[0] if end is None else min(end, before[0])
        if end is not None:
            where.append("m.time <= ?")
            params.append(end)
        if before is not None:
            where.append("(e.time, e.id) < (?, ?)")
            params += before
        query = f"SELECT {_COLUMNS} FROM marks m CROSS JOIN events e ON e.seq = m.seq"  # noqa: S608 - constants
        if where:
            query += " WHERE " + " AND ".join(where)
        query += " ORDER BY m.time DESC, e.id DESC LIMIT ?"
        return [event for rows in self._all(query, [*params, limit]).values() for event in rows]

    def since(
        self, seen: dict[Path, int], limit: int = 1000, until: dict[Path, int] | None = None
    ) -> list[StoredEvent]:
        """Events appended after those numbered in `seen`, which is brought up to date; none after those in `until`."""
        query = f"SELECT {_COLUMNS} FROM events e WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq LIMIT ?"  # noqa: S608
        found: list[StoredEvent] = []
        for path in paths(self.directory):
            last = _NO_END if until is None else until.get(path, 0)
            rows = self._ask(path, query, (seen.get(path, 0), last, limit))
            if rows:
                seen[path] = rows[-1].seq
                found += rows
        return found

    def last(self) -> dict[Path, int]:
        """The number of the last event of each segment."""
        ends = {}
        for path in paths(self.directory):
            rows = self._ask(path, f"SELECT {_COLUMNS} FROM events e ORDER BY e.seq DESC LIMIT 1", ())  # noqa: S608
            ends[path] = rows[0].seq if rows else 0
        return ends

    def _all(self, query: str, params: Sequence[object]) -> dict[Path, list[StoredEvent]]:
        return {path: self._ask(path, query, params) for path in paths(self.directory)}

    def _ask(self, path: Path, query: str, params: Sequence[object]) -> list[StoredEvent]:
        with self._mutex:
            connection = self._open.get(path)
            try:
                if connection is None:
                    connection = self._open[path] = _connect(path)
                    connection.execute("PRAGMA query_only=1")
                self._open.move_to_end(path)
                while len(self._open) > _OPEN_FILES:
                    self._open.popitem(last=False)[1].close()
                return [StoredEvent(*row) for row in connection.execute(query, params).fetchall()]
            except sqlite3.OperationalError as e:
                self._forget(path)
                if "no such table" in str(e) or not path.exists():
                    return []  # just being made, or just expired
                raise

    def _forget(self, path: Path) -> None:
        connection = self._open.pop(path, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the files. They open again when asked."""
        with self._mutex:
            for path in list(self._open):
                self._forget(path)
