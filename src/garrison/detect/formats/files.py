"""Files and folders of records: which there are, of what form, and their events.

Files are taken in the order of their records' times, as far as their names (CloudTrail's and flow logs' carry one) or
first records tell: baselines learn from what came before.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import msgspec

from garrison.detect.events import ApiRow, Event
from garrison.detect.formats import cloudtrail, cloudwatch, dns, flow, kubernetes, postgresql, web
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad, origin

_Record = TypeVar("_Record", bound=Event | ApiRow | Bad)
FORMS: tuple[Form, ...] = (
    cloudtrail.FORM,
    cloudwatch.FORM,
    kubernetes.FORM,
    dns.FORM,
    web.FORM,
    flow.FORM,
    postgresql.FORM,
)
"""In the order they are asked: who recognizes most certainly is first."""
_HEAD = 16384
_GZIP = b"\x1f\x8b"
_NAMED = re.compile(r"_(\d{8}T\d{4}Z)_")
_WHEN = re.compile(rb"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})")
_CHUNK = 4 << 20
_LARGEST = 2 << 30
"""Bytes a file may unpack to."""


class LogFile(msgspec.Struct, frozen=True):
    """A file whose form is known."""

    path: Path
    form: Form
    size: int
    changed: int
    """Nanoseconds since 1970."""
    when: str
    """Of its first record, as its name or first bytes say; orders files."""


class Unreadable(Exception):
    """A file that is of no known form, or cannot be read."""


def find(paths: Iterable[Path]) -> tuple[list[LogFile], list[tuple[Path, str]]]:
    """All files below the paths by time, and those that are not read, with the reason.

    Raises FileNotFoundError for a path that is not there.
    """
    found: dict[Path, LogFile] = {}
    left: list[tuple[Path, str]] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(path)
        for one in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not one.is_file() or any(part.startswith(".") for part in one.relative_to(path).parts):
                continue
            try:
                found[one.resolve()] = look(one)
            except (Unreadable, OSError) as e:
                left.append((one, str(e)))
    return sorted(found.values(), key=lambda file: (file.when, str(file.path))), left


def look(path: Path) -> LogFile:
    """What a file is. Raises Unreadable and OSError."""
    about = path.stat()
    if about.st_size == 0:
        raise Unreadable("empty")
    with path.open("rb") as raw:
        data = raw.read(_HEAD)
    if data.startswith(_GZIP):
        try:
            data = zlib.decompressobj(31).decompress(data, _HEAD)
        except zlib.error as e:
            raise Unreadable(f"not gzip, though it begins so: {e}") from e
    head = Head(path.name.removesuffix(".gz"), data)
    form = next((form for form in FORMS if form.recognizes(head)), None)
    if form is None:
        raise Unreadable("of no form known here")
    return LogFile(path, form, about.st_size, about.st_mtime_ns, _when(path.name, data))


def events(file: LogFile) -> Iterator[Event | Bad]:
    """Its records. A file that ends in the middle gives what was whole, and one `Bad`."""
    return _records(file, file.form.read)


def rows(file: LogFile) -> Iterator[Event | ApiRow | Bad]:
    """The same for one who only keeps them."""
    return _records(file, file.form.rows or file.form.read)


def _records(file: LogFile, read: Callable[[BinaryIO, Origin], Iterator[_Record]]) -> Iterator[_Record | Bad]:
    with file.path.open("rb") as raw:
        try:
            yield from read(cast("BinaryIO", _Limited(_unpacked(raw))), origin(str(file.path)))
        except (EOFError, zlib.error, gzip.BadGzipFile, OverflowError) as e:
            yield bad(b"", f"{file.path.name} is not whole: {e}")


def _unpacked(raw: BinaryIO) -> BinaryIO:
    packed = raw.read(2) == _GZIP
    raw.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw


class _Limited(io.RawIOBase):
    """A file of no more than so many bytes, whatever it unpacks to."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            parts = []
            while part := self.read(_CHUNK):
                parts.append(part)
            return b"".join(parts)
        data = self._file.read(size)
        self._read += len(data)
        if self._read > _LARGEST:
            raise OverflowError(f"more than {_LARGEST} bytes")
        return data

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        for line in self._file:
            self._read += len(line)
            if self._read > _LARGEST:
                raise OverflowError(f"more than {_LARGEST} bytes")
            yield line


def _when(name: str, data: bytes) -> str:
    named = _NAMED.search(name)
    if named:
        return named[1]
    said = _WHEN.search(data)
    return said[1].decode().replace("-", "").replace(":", "") if said else ""
