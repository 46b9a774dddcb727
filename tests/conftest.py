"""Fixtures every part of the house may use."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from garrison.store import Store
from garrison.store.open import open_store
from tests.clients.server import Server
from tests.postgresql_server import NoServer, PostgresqlServer


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server of this test run. Where none is installed its tests are skipped, but in CI they fail."""
    try:
        server = PostgresqlServer()
    except NoServer as e:
        if os.environ.get("CI"):
            pytest.fail(str(e))
        pytest.skip(f"{e}; Debian: apt-get install postgresql")
    yield server
    server.close()


@pytest.fixture(scope="session", autouse=True)
def chosen_database(request: pytest.FixtureRequest) -> None:
    """`TEST_DATABASE=postgresql`: the servers of `tests.clients` are on PostgreSQL, not each on its own SQLite."""
    if os.environ.get("TEST_DATABASE") == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        Server.new_database = server.database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database on each engine: what `open_store` takes."""
    if request.param == "sqlite":
        yield str(tmp_path / "data")
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    name = f"test_{uuid.uuid4().hex}"
    url = server.database(name)
    yield url
    server.drop(name)


@pytest.fixture
def open_again(database: str) -> Iterator[Callable[[], Store]]:
    """Opens further stores on the same database; all are closed afterwards."""
    opened: list[Store] = []

    def again() -> Store:
        opened.append(open_store(database))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again: Callable[[], Store]) -> Store:
    """An empty store, on SQLite and on PostgreSQL. For tests of storage; others take `sqlite_store`."""
    return open_again()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite."""
    store = open_store(tmp_path / "data")
    yield store
    store.close()
