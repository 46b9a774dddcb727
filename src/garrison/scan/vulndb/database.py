"""The vulnerability database as it is read: look-ups by package and by vulnerability.

One open file may be used by several threads. A database that is swapped for a new one stays readable to who has it
open.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from garrison.scan.vulndb.record import Advisory, Exploited, Prediction
from garrison.scan.vulndb.schema import APPLICATION_ID, FORMAT

STALE = timedelta(days=7)
"""Older than this, a result says so as a warning."""

_MOST_DERIVED = 1 << 16


class DatabaseError(ValueError):
    """There is no usable database; the message names the file, the reason and the way out."""


class Rule(NamedTuple):
    """Versions of a package that an advisory is about."""

    rid: int
    introduced: str | None
    """None: only `versions`."""
    fixed: str
    last_affected: str
    versions: str
    """One a line, with a line end before the first; empty: none besides the interval."""
    module: str
    not_fixed: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A source of the database, as it was imported."""

    name: str
    origin: str
    """URL or file name."""
    sha256: str
    etag: str
    modified: str
    """The server's Last-Modified."""
    records: int
    unread: int
    """Documents that were not understood."""
    forms: str
    newest: str
    """The last change of any of its records."""
    imported: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What a database holds and how old it is; part of every result."""

    path: str
    built: str
    """RFC 3339."""
    age_seconds: int
    stale: bool
    advisories: int
    packages: int
    """Pairs of ecosystem and name."""
    exploited: int
    predictions: int
    epss_model: str
    epss_date: str
    sources: tuple[Source, ...]
    bytes: int

    @property
    def age(self) -> str:
        """For people: `3 days`."""
        hours = self.age_seconds // 3600
        if hours < 1:
            return "less than an hour"
        return f"{hours} hour{'s' * (hours > 1)}" if hours < 48 else f"{hours // 24} days"


class Database:
    """A vulnerability database, open for reading."""

    def __init__(self, path: Path) -> None:
        """Raises `DatabaseError`."""
        self.path = path
        if not path.is_file():
            raise DatabaseError(
                f"There is no vulnerability database at {path}. Make one: garrison inspector db update, or, without a "
                "network, garrison inspector db import FILE"
            )
        self._decode = msgspec.msgpack.Decoder(Advisory).decode
        try:
            self._db = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._check()
        except sqlite3.Error as e:
            raise _damaged(path, str(e)) from e
        self.rules = lru_cache(maxsize=1 << 16)(self._rules)
        self.advisory = lru_cache(maxsize=1 << 14)(self._advisory)
        self.names = lru_cache(maxsize=1 << 16)(self._names)
        self.known_as = lru_cache(maxsize=1 << 15)(self._known_as)
        self.derived: dict[Any, Any] = {}
        """What readers put together of it and would put together again; `remember` bounds it."""

    def _check(self) -> None:
        one = self._db.execute
        if one("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise _damaged(self.path, "it is no vulnerability database of Garrison")
        found = one("PRAGMA user_version").fetchone()[0]
        if found != FORMAT:
            raise _damaged(self.path, f"it has format {found}, and this version reads {FORMAT}")
        pages, size = one("PRAGMA page_count").fetchone()[0], one("PRAGMA page_size").fetchone()[0]
        with self.path.open("rb") as file:
            header = file.read(32)
        if self.path.stat().st_size != int.from_bytes(header[28:32], "big") * size or pages < 2:
            raise _damaged(self.path, "it is cut off")

    def remember(self, key: Any, value: Any) -> None:
        """Keeps something in `derived` as long as the database is open."""
        if len(self.derived) >= _MOST_DERIVED:
            self.derived.clear()
        self.derived[key] = value

    def close(self) -> None:
        """Further look-ups fail."""
        self._db.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _rules(self, ecosystem: str, name: str) -> tuple[Rule, ...]:
        with self._reading():
            return tuple(
                map(
                    Rule._make,
                    self._db.execute(
                        "SELECT rid, introduced, fixed, last_affected, versions, module, not_fixed FROM affected "
                        "WHERE ecosystem = ? AND name = ?",
                        (ecosystem, name),
                    ),
                )
            )

    def _advisory(self, rid: int) -> tuple[str, Advisory]:
        """Source and advisory."""
        with self._reading():
            source, detail = self._db.execute("SELECT source, detail FROM advisory WHERE rid = ?", (rid,)).fetchone()
            return source, self._decode(zlib.decompress(detail))

    def _names(self, rid: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What an advisory's vulnerability is called, and which vulnerabilities it covers if it is an erratum."""
        with self._reading():
            found = self._db.execute("SELECT alias, covers FROM alias WHERE rid = ? ORDER BY alias", (rid,)).fetchall()
        return tuple(a for a, covers in found if not covers), tuple(a for a, covers in found if covers)

    def _known_as(self, alias: str) -> tuple[int, ...]:
        """All advisories of the vulnerability with this id, but not the errata that cover it."""
        with self._reading():
            found = self._db.execute("SELECT rid FROM alias WHERE alias = ? AND covers = 0 ORDER BY rid", (alias,))
            return tuple(rid for (rid,) in found)

    def errata_of(self, alias: str) -> tuple[int, ...]:
        """The errata that cover the vulnerability."""
        with self._reading():
            found = self._db.execute("SELECT rid FROM alias WHERE alias = ? AND covers = 1 ORDER BY rid", (alias,))
            return tuple(rid for (rid,) in found)

    def exploited(self, cve: str) -> Exploited | None:
        """The catalogue's entry."""
        with self._reading():
            row = self._db.execute(
                "SELECT added, due, action, ransomware FROM exploited WHERE cve = ?", (cve,)
            ).fetchone()
        return Exploited(cve=cve, added=row[0], due=row[1], action=row[2], ransomware=bool(row[3])) if row else None

    def prediction(self, cve: str) -> Prediction | None:
        """The EPSS score."""
        with self._reading():
            row = self._db.execute("SELECT score, percentile FROM prediction WHERE cve = ?", (cve,)).fetchone()
        if row is None:
            return None
        model, date = self.epss
        return Prediction(cve=cve, score=row[0], percentile=row[1], model=model, date=date)

    @property
    def epss(self) -> tuple[str, str]:
        """Model and date of the predictions."""
        properties = self._properties()
        return properties.get("epss_model", ""), properties.get("epss_date", "")

    def _properties(self) -> dict[str, str]:
        cached: dict[str, str] | None = self.__dict__.get("_known_properties")
        if cached is None:
            with self._reading():
                cached = dict(self._db.execute("SELECT name, value FROM property").fetchall())
            self.__dict__["_known_properties"] = cached
        return cached

    def status(self, now: datetime | None = None) -> Status:
        """What it holds, and how old it is at `now`."""
        properties = self._properties()
        built = properties.get("built", "")
        with self._reading():
            rows: list[Any] = self._db.execute(f"SELECT {', '.join(_SOURCE)} FROM source ORDER BY name").fetchall()  # noqa: S608
        made = datetime.fromisoformat(built) if built else datetime.fromtimestamp(0, UTC)
        age = max(timedelta(0), (now or datetime.now(UTC)) - made)
        return Status(
            path=str(self.path),
            built=built,
            age_seconds=int(age.total_seconds()),
            stale=age > STALE,
            advisories=int(properties.get("advisories", 0)),
            packages=int(properties.get("packages", 0)),
            exploited=int(properties.get("exploited", 0)),
            predictions=int(properties.get("predictions", 0)),
            epss_model=properties.get("epss_model", ""),
            epss_date=properties.get("epss_date", ""),
            sources=tuple(Source(**dict(zip(_SOURCE, row, strict=True))) for row in rows),
            bytes=self.path.stat().st_size,
        )

    def verify(self) -> tuple[str, ...]:
        """Reads all of the file; what is wrong with it, as sentences. Empty: nothing."""
        wrong: list[str] = []
        try:
            found = [row[0] for row in self._db.execute("PRAGMA integrity_check(10)")]
            if found != ["ok"]:
                wrong += found
            for table in ("alias", "affected"):
                lost = self._db.execute(
                    f"SELECT count(*) FROM {table} WHERE rid NOT IN (SELECT rid FROM advisory)"  # noqa: S608
                ).fetchone()[0]
                if lost:
                    wrong.append(f"{lost} rows of {table} belong to no advisory")
            for rid, detail in self._db.execute("SELECT rid, detail FROM advisory"):
                try:
                    self._decode(zlib.decompress(detail))
                except (zlib.error, msgspec.MsgspecError) as e:
                    wrong.append(f"advisory {rid} cannot be read: {e}")
                    break
        except sqlite3.Error as e:
            wrong.append(str(e))
        return tuple(wrong)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, zlib.error, msgspec.MsgspecError, TypeError) as e:
            raise _damaged(self.path, str(e)) from e


_SOURCE = ("name", "origin", "sha256", "etag", "modified", "records", "unread", "forms", "newest", "imported")


def _damaged(path: Path, reason: str) -> DatabaseError:
    return DatabaseError(
        f"The vulnerability database {path} cannot be used: {reason}. Build it anew: garrison inspector db update "
        "--anew, or import --anew FILE"
    )
