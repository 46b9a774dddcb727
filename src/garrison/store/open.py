"""Which database a URL or path means."""

from __future__ import annotations

from pathlib import Path

from garrison.store import Store
from garrison.store.sqlite import SqliteStore

FILE_NAME = "garrison.db"


def open_store(place: str | Path) -> Store:
    """Open the store at `place`, creating what is missing.

    A store belongs to the process that opened it: workers open their own, after they have been started.

    `place` is a data directory, a path ending in `.db`, `sqlite:///PATH`, or `postgresql+psycopg://USER@HOST/DATABASE`.
    Raises `StoreUnavailable` for a database that cannot be reached, used, or is newer than this Garrison, and
    `ValueError` for a URL that means no database known here.
    """
    text = str(place)
    scheme, separator, rest = text.partition("://")
    if not separator:
        path = Path(text)
        return SqliteStore(path if path.suffix == ".db" else path / FILE_NAME)
    if scheme == "sqlite":
        return SqliteStore(Path(rest[1:]))
    if scheme in ("postgresql+psycopg", "postgresql"):
        try:
            from garrison.store.postgresql import PostgresqlStore
        except ModuleNotFoundError as e:
            if e.name != "psycopg":
                raise
            raise ValueError(
                "PostgreSQL needs the psycopg driver: install Garrison as garrison[postgresql] "
                "(pip install 'garrison[postgresql]')"
            ) from e
        return PostgresqlStore("postgresql://" + rest)
    raise ValueError(
        f"no database is known for {scheme}://: give a directory, sqlite:///PATH or "
        "postgresql+psycopg://USER@HOST/DATABASE"
    )
