"""Building the database: beside the one in use, and swapped in at once when it is whole.

    with Builder(path) as builder:            # starts from what path holds, if anything
        builder.add("go", Path("go-osv.zip"))
        status = builder.finish()

An error, a signal or `kill -9` before `finish` returns leaves the old file as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import msgspec

from garrison.scan.vulndb.database import Database, DatabaseError, Status
from garrison.scan.vulndb.importers import importer_of
from garrison.scan.vulndb.inputs import BadInput, Bounds, inputs
from garrison.scan.vulndb.record import Advisory, Exploited, Interval, NotUnderstood, Prediction
from garrison.scan.vulndb.schema import APPLICATION_ID, DROP_INDEXES, FORMAT, INDEXES, TABLES
from garrison.scan.vulndb.writing import Busy, beside, writing

SMALLEST = 0.8
"""A source may shrink to this part of what it had; less looks like half a download."""
MOST_UNREAD = 0.2
"""No more than this part of a source's documents may be not understood."""
_HEAD = 8192
_DESCRIPTION = 4096
_REFERENCES = 100
_BATCH = 2000
_COUNTS = {
    "advisories": "advisory",
    "packages": "(SELECT DISTINCT ecosystem, name FROM affected)",
    "exploited": "exploited",
    "predictions": "prediction",
}
"""What a status tells without counting."""


class Progress(NamedTuple):
    """How far the import of a source is."""

    source: str
    done: int
    total: int | None
    records: int


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What an import brought."""

    source: str
    records: int
    forms: tuple[str, ...]
    """Names of the importers that read it."""
    unread: int
    """Documents that were not understood."""
    problems: tuple[str, ...]
    """The first of them, with the reason."""


class Refused(ValueError):
    """The new data is not taken over; the message says why and what to do."""


class Builder:
    """A database in the making. Not for several threads."""

    def __init__(self, target: Path, *, anew: bool = False, force: bool = False, now: datetime | None = None) -> None:
        """`anew`: start from nothing; `force`: take over sources that shrank or are partly not understood. Raises
        `DatabaseError`, and `Refused` while another process writes."""
        self.target = target
        self.force = force
        self.now = now or datetime.now(UTC)
        self._building = beside(target)
        try:
            self._lock = writing(target)
        except Busy as e:
            raise Refused(str(e)) from e
        try:
            self._db = self._start(target, anew)
        except BaseException:
            self._building.unlink(missing_ok=True)
            self._lock.close()
            raise

    def _start(self, target: Path, anew: bool) -> sqlite3.Connection:
        started = False
        if not anew and target.exists():
            Database(target).close()  # raises DatabaseError for what is no database of this format
            shutil.copyfile(target, self._building)
            started = True
        db = sqlite3.connect(self._building, isolation_level=None)
        # The file is thrown away if anything fails before it is synced; the journal is for one source that fails.
        db.executescript("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;")
        if not started:
            db.executescript(f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={FORMAT}; {TABLES}")
        db.executescript(DROP_INDEXES + "CREATE INDEX advisory_source ON advisory (source);")
        db.execute("BEGIN")
        return db

    def __enter__(self) -> Builder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()
        self._building.unlink(missing_ok=True)
        self._lock.close()

    def add(
        self,
        source: str,
        path: Path,
        *,
        origin: str = "",
        etag: str = "",
        modified: str = "",
        bounds: Bounds | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Added:
        """Replaces what the source had by what `path` holds. Raises `BadInput` and `Refused`; the source is then as it
        was, and the builder can go on with others."""
        self._db.execute("SAVEPOINT source")
        try:
            return self._add(source, path, origin, etag, modified, bounds, progress)
        except BaseException:
            self._db.execute("ROLLBACK TO source")
            raise
        finally:
            self._db.execute("RELEASE source")

    def _add(
        self,
        source: str,
        path: Path,
        origin: str,
        etag: str,
        modified: str,
        bounds: Bounds | None,
        progress: Callable[[Progress], None] | None,
    ) -> Added:
        before = self._db.execute("SELECT records FROM source WHERE name = ?", (source,)).fetchone()
        self._remove(source)
        forms: Counter[str] = Counter()
        problems: list[str] = []
        unread = records = 0
        newest = ""
        writer = _Writer(self._db, source)
        for item in inputs(path, bounds):
            importer = importer_of(item.name, item.data[:_HEAD])
            if importer is None:
                continue
            read = 0
            try:
                for record in importer.read(item.name, item.data):
                    writer.write(record)
                    read += 1
                    if isinstance(record, Advisory):
                        newest = max(newest, record.modified, record.published)
                    elif isinstance(record, Prediction):
                        newest = record.date
                    else:
                        newest = max(newest, record.added)
            except NotUnderstood as e:
                unread += 1
                if len(problems) < 10:
                    problems.append(f"{item.name}: {e}")
            else:
                forms[importer.NAME] += 1
            records += read
            if progress is not None and (item.done % 50 == 0 or item.done == item.total):
                progress(Progress(source, item.done, item.total, records))
        writer.flush()
        self._check(source, path, records, unread, sum(forms.values()), before[0] if before else 0, problems)
        self._db.execute(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                source,
                origin or path.name,
                _sha256(path),
                etag,
                modified,
                records,
                unread,
                ",".join(sorted(forms)),
                newest,
                _stamp(self.now),
            ),
        )
        for name, value in writer.properties.items():
            self._db.execute("INSERT OR REPLACE INTO property VALUES (?, ?)", (name, value))
        return Added(
            source=source, records=records, forms=tuple(sorted(forms)), unread=unread, problems=tuple(problems)
        )

    def remove(self, source: str) -> None:
        """Takes a source out."""
        self._remove(source)
        self._db.execute("DELETE FROM source WHERE name = ?", (source,))

    def finish(self) -> Status:
        """Makes the file whole, syncs it and puts it in the place of the old one."""
        properties = {"built": _stamp(self.now)} | {
            name: str(self._db.execute(f"SELECT count(*) FROM {counted}").fetchone()[0])  # noqa: S608
            for name, counted in _COUNTS.items()
        }
        self._db.executemany("INSERT OR REPLACE INTO property VALUES (?, ?)", properties.items())
        self._db.execute("COMMIT")
        self._db.executescript(INDEXES + "ANALYZE; PRAGMA optimize;")
        free, pages = (self._db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("freelist_count", "page_count"))
        if free * 4 > pages:
            self._db.execute("VACUUM")
        self._db.close()
        swap_in(self._building, self.target)
        with Database(self.target) as database:
            return database.status()

    def _check(
        self, source: str, path: Path, records: int, unread: int, read: int, before: int, problems: list[str]
    ) -> None:
        if not records and not unread:
            raise Refused(f"{path} holds nothing that any importer reads; see garrison inspector db import --help")
        if not records:
            raise Refused(f"{path}: no document of {unread} was understood. {problems[0]}")
        if self.force:
            return
        if unread > (read + unread) * MOST_UNREAD:
            raise Refused(
                f"{path}: {unread} of {read + unread} documents were not understood, the first: {problems[0]}. "
                "--force takes the rest."
            )
        if records < before * SMALLEST:
            raise Refused(
                f"{source} had {before:,} records and now has {records:,}: more than 20 % less, which looks like "
                "half a download. The database stays as it was; --force takes it over."
            )

    def _remove(self, source: str) -> None:
        rids = [rid for (rid,) in self._db.execute("SELECT rid FROM advisory WHERE source = ?", (source,))]
        if rids:
            self._db.execute("CREATE TEMP TABLE gone (rid INTEGER PRIMARY KEY)")
            self._db.executemany("INSERT INTO gone VALUES (?)", ((rid,) for rid in rids))
            for table in ("affected", "alias", "advisory"):
                self._db.execute(f"DELETE FROM {table} WHERE rid IN (SELECT rid FROM gone)")  # noqa: S608
            self._db.execute("DROP TABLE gone")
        for table in ("exploited", "prediction"):
            self._db.execute(f"DELETE FROM {table} WHERE source = ?", (source,))  # noqa: S608


class _Writer:
    """Rows in batches."""

    def __init__(self, db: sqlite3.Connection, source: str) -> None:
        self._db = db
        self._source = source
        self._rid = db.execute("SELECT coalesce(max(rid), 0) FROM advisory").fetchone()[0]
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self.properties: dict[str, str] = {}

    def write(self, record: Advisory | Exploited | Prediction) -> None:
        if isinstance(record, Advisory):
            self._advisory(record)
        elif isinstance(record, Exploited):
            row = (record.cve, self._source, record.added, record.due, record.action, record.ransomware)
            self._put("INSERT OR REPLACE INTO exploited VALUES (?, ?, ?, ?, ?, ?)", row)
        else:
            row_ = (record.cve, self._source, record.score, record.percentile)
            self._put("INSERT OR REPLACE INTO prediction VALUES (?, ?, ?, ?)", row_)
            if record.date and "epss_date" not in self.properties:
                self.properties |= {"epss_model": record.model, "epss_date": record.date}

    def _advisory(self, advisory: Advisory) -> None:
        if advisory.withdrawn:
            return
        self._rid += 1
        rid = self._rid
        detail = msgspec.structs.replace(
            advisory,
            affected=(),
            description=advisory.description[:_DESCRIPTION],
            references=advisory.references[:_REFERENCES],
        )
        packed = zlib.compress(self._encode(detail), 1)
        self._put("INSERT INTO advisory VALUES (?, ?, ?, ?)", (rid, self._source, advisory.id, packed))
        names = dict.fromkeys(advisory.covers, 1) | dict.fromkeys((advisory.id, *advisory.aliases), 0)
        for alias, covers in names.items():
            self._put("INSERT OR IGNORE INTO alias VALUES (?, ?, ?)", (alias, rid, covers))
        seq = 0
        for affected in advisory.affected:
            listed = "\n".join(("", *affected.versions, "")) if affected.versions else ""
            rows: list[tuple[str | None, str, str]] = [*map(_bounds, affected.intervals)]
            if not rows:
                if not listed:
                    continue
                rows = [(None, "", "")]
            for number, (introduced, fixed, last) in enumerate(rows):
                seq += 1
                self._put(
                    "INSERT INTO affected VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        affected.ecosystem,
                        affected.name,
                        rid,
                        seq,
                        introduced,
                        fixed,
                        last,
                        listed if not number else "",
                        affected.module,
                        affected.not_fixed,
                    ),
                )

    def _put(self, statement: str, row: tuple[Any, ...]) -> None:
        rows = self._rows.setdefault(statement, [])
        rows.append(row)
        if len(rows) >= _BATCH:
            self._db.executemany(statement, rows)
            rows.clear()

    def flush(self) -> None:
        for statement, rows in self._rows.items():
            self._db.executemany(statement, rows)
            rows.clear()


def _bounds(interval: Interval) -> tuple[str | None, str, str]:
    return interval.introduced, interval.fixed, interval.last_affected


def swap_in(new: Path, target: Path) -> None:
    """Puts a finished file in the place of another, on disk before it is seen."""
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(target)
    with contextlib.suppress(OSError):
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _sha256(path: Path) -> str:
    """Of a file; of a folder's file names and contents."""
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        if path.is_dir():
            digest.update(str(file.relative_to(path)).encode() + b"\0")
        with file.open("rb") as stream:
            for piece in _pieces(stream):
                digest.update(piece)
    return digest.hexdigest()


def _pieces(stream: Any) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


__all__ = ["Added", "BadInput", "Builder", "DatabaseError", "Progress", "Refused", "swap_in"]
