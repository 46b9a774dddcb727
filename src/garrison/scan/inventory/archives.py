"""Zip files of unknown origin: bounded in entries, in size and in what a byte may become."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from garrison.scan.inventory.files import Exhausted, Scan, Unreadable, malformed, too_large
from garrison.scan.inventory.model import Limits, ProblemKind

_MIB = 1 << 20
_IN_MEMORY = 16 * _MIB
_PIECE = 1 << 20
_END = b"PK\x05\x06"
_END64_LOCATOR = b"PK\x06\x07"
_ENTRY_BYTES = 100
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    struct.error,
    NotImplementedError,
    RuntimeError,
)


@contextmanager
def open_zip(stream: BinaryIO, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive in `stream`; raises Unreadable for one that is none, or has too many entries to be listed."""
    _check_directory(stream, limits)
    try:
        archive = zipfile.ZipFile(stream)
    except _BROKEN as error:
        raise malformed(f"not a zip archive, or cut off: {error}") from error
    with archive:
        if len(archive.infolist()) > limits.archive_entries:
            raise Unreadable(ProblemKind.LIMIT, f"more than {limits.archive_entries} entries in one archive")
        yield archive


def _check_directory(stream: BinaryIO, limits: Limits) -> None:
    """Refuse a directory that would take too much memory, before it is read."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, end - 65557))
    tail = stream.read(65557)
    place = tail.rfind(_END)
    if place < 0 or place + 22 > len(tail):
        raise malformed("not a zip archive, or cut off: its directory is missing")
    size: int = struct.unpack_from("<I", tail, place + 12)[0]
    if size == 0xFFFFFFFF and place >= 20 and tail[place - 20 : place - 16] == _END64_LOCATOR:
        (offset,) = struct.unpack_from("<Q", tail, place - 12)
        if offset + 56 <= end:
            stream.seek(offset)
            (size,) = struct.unpack_from("<Q", stream.read(56), 40)
    if size > limits.archive_entries * _ENTRY_BYTES:
        raise Unreadable(ProblemKind.LIMIT, f"a directory of {size} bytes in one archive")
    stream.seek(0)


def _check_member(info: zipfile.ZipInfo, scan: Scan, limit: int) -> None:
    if info.flag_bits & 1:
        raise Unreadable(ProblemKind.UNREADABLE, "encrypted")
    if info.file_size > limit:
        raise too_large(info.file_size, limit)
    if info.file_size > _MIB and info.file_size > info.compress_size * scan.limits.ratio:
        raise Unreadable(
            ProblemKind.LIMIT,
            f"{info.compress_size} bytes that become {info.file_size}: more than {scan.limits.ratio} times as much",
        )


def member_bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo, scan: Scan, limit: int) -> bytes:
    """The content of a member of at most `limit` bytes."""
    _check_member(info, scan, limit)
    scan.budget.unpack(info.file_size)
    try:
        with archive.open(info) as member:
            return member.read(limit + 1)
    except _BROKEN as error:
        raise malformed(f"cannot be unpacked: {error}") from error


@contextmanager
def spooled_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, scan: Scan) -> Iterator[BinaryIO]:
    """The content of a member as a seekable stream: in memory while small, else in a temporary file."""
    _check_member(info, scan, scan.limits.binary_bytes)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        try:
            with archive.open(info) as member:
                while piece := member.read(_PIECE):
                    scan.budget.unpack(len(piece))
                    spool.write(piece)
        except Exhausted:
            raise
        except _BROKEN as error:
            raise malformed(f"cannot be unpacked: {error}") from error
        spool.seek(0)
        yield cast("BinaryIO", spool)
