"""rpm: the database of installed packages in its three forms (sqlite, ndb, Berkeley DB)."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from garrison.scan.inventory import purl
from garrison.scan.inventory.collectors import rpm_bdb, rpm_header, rpm_ndb
from garrison.scan.inventory.collectors.collector import Collector, Found, malformed_entry
from garrison.scan.inventory.files import Exhausted, File, Scan, malformed, too_large
from garrison.scan.inventory.package import Package

_FOLDERS = ("/var/lib/rpm/", "/usr/lib/sysimage/rpm/", "/usr/share/rpm/")
_OTHERS = ("Debian", "Ubuntu", "Alpine", "Wolfi", "Chainguard")


def collect(file: File, scan: Scan) -> Found:
    """Every installed package but the keys rpm keeps as packages."""
    ecosystem = scan.os.ecosystem if scan.os and not scan.os.ecosystem.startswith(_OTHERS) else ""
    for number, blob in enumerate(headers(file, scan)):
        if number % 64 == 0:
            scan.budget.check()
        try:
            header = rpm_header.parse(blob)
        except ValueError as error:
            yield malformed_entry(file, str(error))
            continue
        if header.name == "gpg-pubkey":
            continue
        yield _package(header, file, scan, ecosystem)


def headers(file: File, scan: Scan) -> Iterator[bytes]:
    """The header of every installed package, as bytes. Raises `Unreadable`."""
    if file.size > scan.limits.database_bytes:
        raise too_large(file.size, scan.limits.database_bytes)
    return _sqlite_blobs(file, scan) if file.path.endswith(".sqlite") else _paged_blobs(file)


def _package(header: rpm_header.RpmHeader, file: File, scan: Scan, ecosystem: str) -> Package:
    source, source_version = "", ""
    if header.source_rpm and header.source_rpm != "(none)":
        source, source_version = purl.split_source("rpm", header.source_rpm, header.epoch)
    package = Package(
        ecosystem=ecosystem,
        name=header.name,
        version=header.version,
        epoch=header.epoch,
        release=header.release,
        arch=header.arch,
        source_name="" if source == header.name else source,
        modularity="" if header.modularity == "(none)" else header.modularity,
        purl=purl.for_distribution(
            "rpm",
            scan.os,
            header.name,
            f"{header.version}-{header.release}" if header.release else header.version,
            arch=header.arch,
            epoch=header.epoch,
            source="" if source == header.name else source,
            modularity="" if header.modularity == "(none)" else header.modularity,
        ),
        path=file.path,
        layer=file.layer,
        collector="rhel-rpm",
    )
    if source_version and source_version != package.native_version:
        return msgspec.structs.replace(package, source_version=source_version)
    return package


def _paged_blobs(file: File) -> Iterator[bytes]:
    with file.opener() as stream:
        magic = stream.read(4)
        stream.seek(0)
        reader = rpm_ndb.blobs if magic == b"RpmP" else rpm_bdb.blobs
        yield from reader(stream, file.size)


def _sqlite_blobs(file: File, scan: Scan) -> Iterator[bytes]:
    """From a copy: what is written ahead belongs to it, and nothing may be locked or written beside the original."""
    with tempfile.TemporaryDirectory(prefix="garrison-rpm-") as folder:
        copy = Path(folder) / "rpmdb.sqlite"
        for source, target in ((file, copy), (scan.tree.get(file.path + "-wal"), Path(f"{copy}-wal"))):
            if source is not None and source.size <= scan.limits.database_bytes:
                with source.opener() as stream, target.open("wb") as out:
                    shutil.copyfileobj(stream, out, 1 << 20)
        with copy.open("rb") as stream:
            if not stream.read(16).startswith(b"SQLite format 3\0"):
                raise malformed("not an SQLite database")
        late: list[Exhausted] = []

        def check() -> int:
            try:
                scan.budget.check()
            except Exhausted as error:
                late.append(error)
                return 1
            return 0

        try:
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                # A hostile schema can make a view or an index run code of its own: only a plain table is read.
                connection.execute("PRAGMA trusted_schema=OFF")
                connection.execute("PRAGMA cell_size_check=ON")
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 256 << 20)
                connection.set_progress_handler(check, 100_000)
                kind = connection.execute("SELECT type FROM sqlite_master WHERE name='Packages'").fetchone()
                if kind != ("table",):
                    raise malformed("an SQLite database without rpm's table of packages")
                for (blob,) in connection.execute("SELECT blob FROM Packages"):
                    yield blob if isinstance(blob, bytes) else b""
        except sqlite3.Error as error:
            if late:
                raise late[0] from error
            raise malformed(f"SQLite cannot read it: {error}") from error


COLLECTOR = Collector(
    "rhel-rpm",
    collect,
    names=frozenset({"rpmdb.sqlite", "Packages.db", "Packages"}),
    accepts=lambda path: f"/{path.rpartition('/')[0]}/".endswith(_FOLDERS),
)
