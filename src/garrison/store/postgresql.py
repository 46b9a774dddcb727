"""The store in a PostgreSQL database.

Reads run on a small pool of threads, each on a REPEATABLE READ, READ ONLY snapshot. Writes go in batches through one
thread per process (`commits`), under one advisory lock for the whole database. As every writer takes that lock first
and gives it back by committing, writers run one at a time and READ COMMITTED shows each of them a state nobody else is
changing; batching, not parallel transactions, is what makes many small writes fast. A lost connection is opened again
at the next use.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg import pq

from garrison.store import Reader, StoreUnavailable
from garrison.store.base import DatabaseStore
from garrison.store.commits import ConnectionLost, Writer
from garrison.store.schema import SCHEMA_VERSION
from garrison.store.session import Cursor, Execute, Session
from garrison.store.statements import Statements
from garrison.store.version import check_version

R = TypeVar("R")
Connection = psycopg.Connection[tuple[Any, ...]]

READERS = 8
_WRITE_LOCK = 0x6761727269736F6E  # "garrison": advisory locks are numbers shared by everybody in the database
_BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class _Nothing:
    """The cursor of a query that can match no row."""

    rowcount = 0

    def fetchone(self) -> None:
        return None

    def fetchall(self) -> list[Any]:
        return []


def _executor(connection: Connection) -> Execute:
    def execute(sql: str, params: dict[str, Any]) -> Cursor:
        try:
            return connection.execute(sql, params, binary=True)
        except psycopg.DataError as e:
            # PostgreSQL text cannot hold NUL, so nothing with such a name was ever stored. The driver notices before
            # it sends anything: the transaction goes on.
            if "NUL" in str(e) and connection.info.transaction_status == pq.TransactionStatus.INTRANS:
                if sql.startswith("SELECT"):
                    return _Nothing()
                raise ValueError("text with a NUL character cannot be stored") from e
            raise
        except (psycopg.OperationalError, psycopg.InterfaceError) as e:
            raise ConnectionLost(f"the database was lost: {_reason(e)}") from e

    return execute


def _reason(error: psycopg.Error) -> str:
    return str(error).strip().split("\n", 1)[0]


def _connect(url: str) -> Connection:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="garrison")
    except psycopg.Error as e:
        raise StoreUnavailable(f"the database cannot be reached: {_reason(e)}") from e


class _Batches:
    """Write batches under the advisory lock. See `commits.Batches`."""

    def __init__(self, url: str, statements: Statements) -> None:
        self._url = url
        self._statements = statements
        self._connection: Connection | None = None
        self._savepoint = False

    def _send(self, sql: str) -> None:
        assert self._connection is not None
        try:
            self._connection.execute(sql)
        except psycopg.Error as e:
            raise ConnectionLost(f"the database was lost: {_reason(e)}") from e

    def begin(self, careful: bool) -> Session:
        if self._connection is None:
            self._connection = _connect(self._url)
        self._send(_BEGIN_WRITE)
        # Its own statement, so that the transaction's statements see what the last holder committed.
        self._send(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
        self._savepoint = False
        return Session(_executor(self._connection), self._statements)

    def savepoint(self) -> None:
        self._send("RELEASE one; SAVEPOINT one" if self._savepoint else "SAVEPOINT one")
        self._savepoint = True

    def rollback_to_savepoint(self) -> None:
        self._send("ROLLBACK TO one")

    def explain(self, error: Exception) -> Exception:
        return error

    def commit(self) -> None:
        assert self._connection is not None
        try:
            self._connection.execute("COMMIT")
        except psycopg.Error as e:
            raise StoreUnavailable(f"the database was lost before it confirmed the commit: {_reason(e)}") from e

    def abandon(self) -> None:
        # Closing the connection rolls back and frees the lock, whatever state it is in.
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        self.abandon()


class PostgresqlStore(DatabaseStore):
    """A `Store` in the database `url` (a libpq URL)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._statements = Statements("postgresql")
        self._idle: deque[Connection] = deque()
        self._closed = False
        self._create()
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="garrison-store-reader")
        self._writer = Writer(_Batches(url, self._statements), "garrison-store-writer")

    @property
    def local(self) -> bool:
        return False

    def _create(self) -> None:
        connection = _connect(self._url)
        try:
            with connection.transaction():
                connection.execute(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
                known = connection.execute("SELECT to_regclass('meta')").fetchone()
                found = None
                if known is not None and known[0] is not None:
                    found = connection.execute(self._statements.get_meta, {"name": "schema"}).fetchone()
                if found is not None:
                    check_version(found[0], f"the database {connection.info.dbname}")
                    return
                for statement in self._statements.create:
                    connection.execute(statement)
                connection.execute(self._statements.set_meta, {"name": "schema", "value": str(SCHEMA_VERSION)})
        except psycopg.Error as e:
            raise StoreUnavailable(f"the database cannot be used: {_reason(e)}") from e
        finally:
            connection.close()

    def reading(self) -> _Snapshot:
        return _Snapshot(self)

    def read(self, function: Callable[[Reader], R]) -> Awaitable[R]:
        return asyncio.get_running_loop().run_in_executor(self._threads, self._read, function)

    def _read(self, function: Callable[[Reader], R]) -> R:
        with _Snapshot(self) as session:
            return function(session)

    def close(self) -> None:
        self._writer.close()
        self._closed = True
        self._threads.shutdown()
        while self._idle:
            self._idle.popleft().close()

    def _begin(self) -> Connection:
        """A connection with a snapshot transaction begun."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            try:
                connection.execute(_BEGIN_READ)
                return connection
            except psycopg.Error:  # went stale while idle, as after a restart of the server: try the next, or anew
                connection.close()
        if self._closed:
            raise StoreUnavailable("the store is closed")
        connection = _connect(self._url)
        connection.execute(_BEGIN_READ)
        return connection

    def _end(self, connection: Connection) -> None:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()  # what was read is read; a snapshot has nothing to lose
            return
        if self._closed or len(self._idle) >= READERS:
            connection.close()
        else:
            self._idle.append(connection)


class _Snapshot:
    """`with` gives a `Session` on a snapshot."""

    __slots__ = ("_connection", "_store")

    def __init__(self, store: PostgresqlStore) -> None:
        self._store = store

    def __enter__(self) -> Session:
        self._connection = self._store._begin()
        return Session(_executor(self._connection), self._store._statements)

    def __exit__(self, *exc: object) -> None:
        self._store._end(self._connection)
