"""Backup and restore of a database together with its wrapped root key.

A backup is one file: a consistent copy of the SQLite database (taken while the server runs), in which the root key lies
wrapped under its seals, and what it is. The seals' own secrets are not in it: keep those apart, or add a seal with a
recovery passphrase to the backup alone.
"""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import tarfile
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from garrison import __version__
from garrison.access.accounts import ACCOUNTS
from garrison.gateway.rollback import LEDGER_FILE
from garrison.gateway.root_key import WRAPPED, sources, wrapped_roots
from garrison.gateway.settings import Settings
from garrison.keys import seals
from garrison.keys.root import RootKey
from garrison.keys.seals import CannotOpen, Passphrase
from garrison.store.files import private_directory
from garrison.store.open import FILE_NAME, open_store

FORMAT = 1
RECOVERY = "recovery"
"""Name of the seal that a backup gets for itself."""

_MANIFEST, _DATABASE = "manifest.json", FILE_NAME


class BadBackup(Exception):
    """No backup can be made, or this is none. The text says why."""


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    garrison: str
    created: float
    sha256: str
    """Of the database."""
    root_id: str
    seals: tuple[str, ...]


class Restored(msgspec.Struct, frozen=True):
    """How a restore went."""

    manifest: Manifest
    opened_by: str | None
    """The seal that opens the root key here; None: Garrison will start sealed."""
    reasons: tuple[str, ...] = ()


def back_up(settings: Settings, target: Path, *, recovery: str | None = None) -> Manifest:
    """Write a backup of the database in the data directory. Raises `BadBackup`, `CannotOpen` (with `recovery`).

    `recovery` is a passphrase that opens this backup, and nothing else, without any other seal.
    """
    database = _database(settings)
    if target.exists():
        raise BadBackup(f"{target} is there already")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as directory:
        copy = Path(directory) / _DATABASE
        _copy(database, copy)
        rows = _seals_of(Path(directory))
        if recovery is not None:
            rows = _add_recovery(settings, Path(directory), rows, recovery)
        with closing(sqlite3.connect(copy)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
        manifest = Manifest(
            FORMAT,
            __version__,
            time.time(),
            _sha256(copy),
            rows[0].root_id,
            tuple(row.name for row in rows),
        )
        written = Path(directory) / "backup.tar"
        with tarfile.open(written, "w") as archive:
            raw = msgspec.json.encode(manifest)
            entry = tarfile.TarInfo(_MANIFEST)
            entry.size, entry.mode = len(raw), 0o600
            archive.addfile(entry, io.BytesIO(raw))
            archive.add(copy, _DATABASE, filter=_nobodys)
        written.chmod(0o600)
        with written.open("rb") as file:
            os.fsync(file.fileno())
        os.rename(written, target)
    return manifest


def restore(settings: Settings, source: Path, *, passphrase: str | None = None, replace: bool = False) -> Restored:
    """Put a backup's database into the data directory, and see whether its root key opens here. Raises `BadBackup`.

    What was there is moved aside with `replace`, and otherwise not touched. The server must not be running.
    """
    manifest, raw = _read(source)
    private_directory(settings.data_dir)
    database = settings.data_dir / _DATABASE
    if database.exists():
        if not replace:
            raise BadBackup(f"{database} is there already; --replace moves it aside")
        aside = settings.data_dir / f"{_DATABASE}.before-restore-{int(time.time())}"
        os.rename(database, aside)
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.rename(database.with_name(_DATABASE + suffix), aside.with_name(aside.name + suffix))
    descriptor = os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    # To restore is to say that the older state is meant.
    (settings.data_dir / LEDGER_FILE).unlink(missing_ok=True)
    with closing(open_store(settings.data_dir)) as store:
        try:
            _, row = seals.open_any(wrapped_roots(store), sources(settings, passphrase))
        except CannotOpen as e:
            return Restored(manifest, None, e.reasons)
    return Restored(manifest, row.name)


def _database(settings: Settings) -> Path:
    if settings.database is not None:
        raise BadBackup("back a PostgreSQL database up with pg_dump: the wrapped root key is in it")
    database = settings.data_dir / _DATABASE
    if not database.exists():
        raise BadBackup(f"there is no database in {settings.data_dir}")
    return database


def _copy(database: Path, copy: Path) -> None:
    copy.touch(0o600)
    with closing(sqlite3.connect(database, timeout=30)) as there, closing(sqlite3.connect(copy)) as here:
        there.backup(here)


def _seals_of(directory: Path) -> list[seals.WrappedRoot]:
    with closing(open_store(directory)) as store:
        rows = wrapped_roots(store)
    if not rows:
        raise BadBackup("the database has no root key")
    return rows


def _add_recovery(
    settings: Settings, directory: Path, rows: list[seals.WrappedRoot], passphrase: str
) -> list[seals.WrappedRoot]:
    key, _ = seals.open_any(rows, sources(settings))
    try:
        row = seals.wrap(RootKey(key), Passphrase(passphrase), time.time(), name=RECOVERY)
    except ValueError as e:
        raise BadBackup(str(e)) from e
    with closing(open_store(directory)) as store:
        store.writing(lambda tx: tx.insert(WRAPPED, ACCOUNTS, row.name, row, id=row.name, created=row.created))
    return [*rows, row]


def _read(source: Path) -> tuple[Manifest, bytes]:
    try:
        with tarfile.open(source) as archive:
            manifest, database = archive.extractfile(_MANIFEST), archive.extractfile(_DATABASE)
            assert manifest is not None
            assert database is not None
            told = msgspec.json.decode(manifest.read(), type=Manifest)
            raw = database.read()
    except (OSError, tarfile.TarError, KeyError, AssertionError, msgspec.DecodeError) as e:
        raise BadBackup(f"{source} is no backup of Garrison: {e}") from e
    if told.format != FORMAT:
        raise BadBackup(f"{source} is of format {told.format}, made by Garrison {told.garrison}; this one reads 1")
    if hashlib.sha256(raw).hexdigest() != told.sha256:
        raise BadBackup(f"{source} is damaged: its database is not what the manifest says")
    return told, raw


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry
