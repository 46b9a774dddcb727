"""The store in one SQLite file.

WAL mode and `synchronous=FULL`: what was acknowledged survives `kill -9` and power loss. Readers never wait for
writers. Writes go through one thread per process (`commits`), and between processes through a file lock, which wakes
the next writer at once where SQLite's own busy handler would sleep and poll.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Generic, TypeVar

from garrison.store import Reader, StoreUnavailable
from garrison.store.base import DatabaseStore
from garrison.store.commits import Inseparable, Writer
from garrison.store.schema import SCHEMA_VERSION
from garrison.store.session import Session, Snapshot
from garrison.store.statements import Statements
from garrison.store.version import check_version

R = TypeVar("R")
_IDLE_READERS = 16
_READ_CACHE = 2000
_WRITE_CACHE = 8000
"""KiB of pages each connection keeps. There are many readers, and the system's own cache stands behind them."""


def connect(path: Path, cache_kib: int = _READ_CACHE) -> sqlite3.Connection:
    """A connection in autocommit mode with the settings every connection of Garrison has."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=30)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA cache_size=-{cache_kib}")
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


class _Ready(Generic[R]):
    """An awaitable that has its value already."""

    __slots__ = ("_value",)

    def __init__(self, value: R) -> None:
        self._value = value

    def __await__(self) -> Generator[None, None, R]:
        yield from ()
        return self._value


class _Batches:
    """Write batches under the file lock. See `commits.Batches`.

    A savepoint makes SQLite copy every page before it changes it, which costs as much as the changes. Most writes that
    fail do so before they change anything, so that a batch begins without savepoints.
    """

    def __init__(self, path: Path, statements: Statements) -> None:
        # One file lock object per store: flock belongs to the open file, so that two stores in one process exclude
        # each other too.
        self._lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._connection = connect(path, _WRITE_CACHE)
        self._session = Session(self._connection.execute, statements)
        self._savepoint = self._careful = False
        self._changes = 0

    def begin(self, careful: bool) -> Session:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as e:
            raise StoreUnavailable(f"the database cannot be written: {e}") from e
        self._savepoint, self._careful = False, careful
        return self._session

    def savepoint(self) -> None:
        self._changes = self._connection.total_changes
        if not self._careful:
            return
        if self._savepoint:
            self._connection.execute("RELEASE one")
        self._connection.execute("SAVEPOINT one")
        self._savepoint = True

    def rollback_to_savepoint(self) -> None:
        if not self._connection.in_transaction:
            # A full disk or an I/O error makes SQLite roll the whole transaction back by itself.
            raise StoreUnavailable("the database gave the transaction up (is the disk full?)")
        if self._careful:
            self._connection.execute("ROLLBACK TO one")
        elif self._connection.total_changes != self._changes:
            raise Inseparable

    def explain(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.OperationalError):
            unavailable = StoreUnavailable(f"the database cannot be written: {error}")
            unavailable.__cause__ = error
            return unavailable
        return error

    def commit(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as e:
            raise StoreUnavailable(f"the database cannot be written: {e}") from e
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def abandon(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # nothing was committed; the next BEGIN will say what is wrong
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        self._connection.close()
        os.close(self._lock)


class SqliteStore(DatabaseStore):
    """A `Store` in the file `path`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._statements = Statements("sqlite")
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._create()
        self._writer = Writer(_Batches(path, self._statements), "garrison-store-writer")

    @property
    def local(self) -> bool:
        return True

    def _create(self) -> None:
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Only when it is new: closing any descriptor of the file takes the locks away that this process's other
        # connections hold on it, and the next process to open it believes itself alone.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection: sqlite3.Connection | None = None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            connection = connect(self.path)
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is not None
            found = connection.execute(self._statements.get_meta, {"name": "schema"}).fetchone() if known else None
            if found is not None:
                check_version(found[0], str(self.path))
                return
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._statements.create:
                connection.execute(statement)
            connection.execute(self._statements.set_meta, {"name": "schema", "value": str(SCHEMA_VERSION)})
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as e:
            raise StoreUnavailable(f"{self.path} cannot be used as a database: {e}") from e
        finally:
            if connection is not None:
                connection.close()
            os.close(lock)

    def reading(self) -> _Snapshot:
        return _Snapshot(self)

    def read(self, function: Callable[[Reader], R]) -> Awaitable[R]:
        with _Snapshot(self) as session:
            return _Ready(function(session))

    def close(self) -> None:
        self._writer.close()
        self._closed = True
        while self._idle:
            self._idle.popleft().close()

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        if self._closed:
            raise StoreUnavailable("the store is closed")
        try:
            return connect(self.path)
        except sqlite3.Error as e:
            raise StoreUnavailable(f"the database cannot be read: {e}") from e

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or len(self._idle) >= _IDLE_READERS:
            connection.close()
        else:
            self._idle.append(connection)


class _Snapshot:
    """`with` gives a `Session` on a snapshot. A class, as generators cost more than the reads they frame."""

    __slots__ = ("_connection", "_store")

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def __enter__(self) -> Session:
        connection = self._connection = self._store._take()
        connection.execute("BEGIN")
        return Snapshot(connection.execute, self._store._statements)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection.close()  # a snapshot has nothing to lose
        else:
            self._store._give_back(self._connection)
        if isinstance(error, sqlite3.OperationalError):
            raise StoreUnavailable(f"the database cannot be read: {error}") from error
