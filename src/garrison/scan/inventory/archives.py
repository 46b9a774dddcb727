"""Zip files of unknown origin: bounded in entries, in size and in what a byte may become.

Read here and not by the standard library's zipfile, which makes an object of every entry: of the hundred thousand in a
host's jars a few hundred are wanted. Layout: PKWARE's APPNOTE.TXT, with zip64, stored and deflated members.
"""

from __future__ import annotations

import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import BinaryIO, NamedTuple, cast

from garrison.scan.inventory.files import Scan, Unreadable, malformed, too_large
from garrison.scan.inventory.model import Limits, ProblemKind

_MIB = 1 << 20
_IN_MEMORY = 16 * _MIB
_PIECE = 1 << 16
_OUT = 1 << 20
_END, _END64, _END64_LOCATOR, _CENTRAL, _LOCAL = (
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"PK\x01\x02",
    b"PK\x03\x04",
)
_ENTRY_BYTES = 100
_LENGTHS = struct.Struct("<4s24xHHH")
_ENTRY = struct.Struct("<5xBHHH4xIIIHHH4xII")
_STORED, _DEFLATED = 0, 8
_NONE32 = 0xFFFFFFFF


class Member(NamedTuple):
    """One entry of an archive's directory."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes unpacked, as stated."""
    offset: int
    """Of its local header, from the file's start."""
    mode: int
    """Unix mode; 0: the writer's system has none."""

    @property
    def is_folder(self) -> bool:
        """An entry without content of its own."""
        return self.name.endswith("/")


def members(stream: BinaryIO, limits: Limits, endings: tuple[bytes, ...] = (b"",)) -> list[Member]:
    """The entries whose name ends in one of `endings`; Unreadable for what is no archive, is cut off, or has more
    entries than a scan lists."""
    end = stream.seek(0, 2)
    stream.seek(max(0, end - 65557))
    tail = stream.read(65557)
    place = tail.rfind(_END)
    # The end record reaches to the file's end with its comment: one that does not is of an archive inside this one.
    while place >= 0 and place + 22 + int.from_bytes(tail[place + 20 : place + 22], "little") != len(tail):
        place = tail.rfind(_END, 0, place)
    if place < 0:
        raise malformed("not a zip archive, or cut off: its directory is missing")
    end_at = end - len(tail) + place
    count, size, offset = struct.unpack_from("<HII", tail, place + 10)
    if (
        (count == 0xFFFF or _NONE32 in (size, offset))
        and place >= 20
        and tail[place - 20 : place - 16] == _END64_LOCATOR
    ):
        (end64,) = struct.unpack_from("<Q", tail, place - 12)
        stream.seek(min(end64, end))
        record = stream.read(56)
        if record[:4] != _END64 or len(record) < 56:
            raise malformed("a zip archive whose 64-bit directory is missing")
        count, size, offset = struct.unpack_from("<QQQ", record, 32)
        end_at = end64
    if count > limits.archive_entries or size > limits.archive_entries * _ENTRY_BYTES:
        raise Unreadable(ProblemKind.LIMIT, f"more than {limits.archive_entries} entries in one archive")
    # What stands before the archive (a start script) is not in its offsets.
    before = end_at - size - offset
    if before < 0 or before + offset > end:
        raise malformed("a zip archive whose directory is not where it should be")
    stream.seek(before + offset)
    directory = stream.read(size)
    return _entries(directory, count, before, endings)


def _entries(directory: bytes, count: int, before: int, endings: tuple[bytes, ...]) -> list[Member]:
    found = _searched(directory, count, before, endings) if b"" not in endings else None
    return _walked(directory, count, before, endings) if found is None else found


@lru_cache
def _patterns(endings: tuple[bytes, ...]) -> list[re.Pattern[bytes]]:
    """What finds every ending: an expression for all extensions, whose dot the engine looks for first (an alternation
    without a common beginning is tried at every byte), and one for each of the others."""
    extensions = [re.escape(ending[1:]) for ending in endings if ending.startswith(b".")]
    wanted = [re.compile(rb"\.(?:" + b"|".join(extensions) + b")")] if extensions else []
    return wanted + [re.compile(re.escape(ending)) for ending in endings if not ending.startswith(b".")]


def _searched(directory: bytes, count: int, before: int, endings: tuple[bytes, ...]) -> list[Member] | None:
    """The wanted entries found by their names, without a step for each of the others. None: something does not fit,
    and the directory has to be walked."""
    if directory.count(_CENTRAL) < count:
        return None
    found: list[Member] = []
    for match in chain.from_iterable(pattern.finditer(directory) for pattern in _patterns(endings)):
        place = directory.rfind(_CENTRAL, 0, match.start())
        if place < 0 or place + 46 > match.start():
            return None
        _, name_size, extra_size, comment_size = _LENGTHS.unpack_from(directory, place)
        name_end = place + 46 + name_size
        following = name_end + extra_size + comment_size
        if following != len(directory) and directory[following : following + 4] != _CENTRAL:
            return None
        if name_end == match.end():
            found.append(_entry(directory, place, directory[place + 46 : name_end], extra_size, before))
    return found


def _walked(directory: bytes, count: int, before: int, endings: tuple[bytes, ...]) -> list[Member]:
    found: list[Member] = []
    place, listed, limit = 0, 0, len(directory)
    while place + 46 <= limit:
        mark, name_size, extra_size, comment_size = _LENGTHS.unpack_from(directory, place)
        if mark != _CENTRAL:
            raise malformed("a zip archive whose directory is damaged")
        name = directory[place + 46 : place + 46 + name_size]
        if name.endswith(endings):
            found.append(_entry(directory, place, name, extra_size, before))
        place += 46 + name_size + extra_size + comment_size
        listed += 1
    # Counts of more than 65535 entries wrap where no 64-bit directory says better.
    if place != limit or listed & 0xFFFF != count & 0xFFFF:
        raise malformed("a zip archive whose directory is cut off")
    return found


def _entry(directory: bytes, place: int, name: bytes, extra_size: int, before: int) -> Member:
    system, _, flags, method, crc, packed, size, _, _, _, attributes, offset = _ENTRY.unpack_from(directory, place)
    if _NONE32 in (packed, size, offset):
        extra = directory[place + 46 + len(name) : place + 46 + len(name) + extra_size]
        packed, size, offset = _wide(extra, packed, size, offset)
    return Member(
        name.decode("utf-8" if flags & 0x800 else "cp437", "replace"),
        flags,
        method,
        crc,
        packed,
        size,
        before + offset,
        attributes >> 16 if system == 3 else 0,
    )


def _wide(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset from zip64's extra field."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1:
            values = [
                int.from_bytes(extra[at : at + 8], "little") for at in range(place + 4, place + 4 + length // 8 * 8, 8)
            ]
            size = values.pop(0) if size == _NONE32 and values else size
            packed = values.pop(0) if packed == _NONE32 and values else packed
            offset = values.pop(0) if offset == _NONE32 and values else offset
            break
        place += 4 + length
    return packed, size, offset


def pieces(stream: BinaryIO, member: Member, scan: Scan, limit: int) -> Iterator[bytes]:
    """The content of a member, unpacked piece by piece and checked against its checksum at the end."""
    if member.flags & 1:
        raise Unreadable(ProblemKind.UNREADABLE, "encrypted")
    if member.method not in (_STORED, _DEFLATED):
        raise Unreadable(ProblemKind.UNSUPPORTED, f"packed by method {member.method}, which is not read")
    if member.size > limit:
        raise too_large(member.size, limit)
    if member.size > _MIB and member.size > member.packed * scan.limits.ratio:
        raise Unreadable(
            ProblemKind.LIMIT,
            f"{member.packed} bytes that become {member.size}: more than {scan.limits.ratio} times as much",
        )
    stream.seek(member.offset)
    head = stream.read(30)
    if head[:4] != _LOCAL or len(head) < 30:
        raise malformed("a member of a zip archive is not where it should be")
    name_size, extra_size = struct.unpack_from("<HH", head, 26)
    stream.seek(member.offset + 30 + name_size + extra_size)
    left, total, crc = member.packed, 0, 0
    inflate = zlib.decompressobj(-15) if member.method == _DEFLATED else None
    packed = b""
    while True:
        if not packed and left:
            packed = stream.read(min(left, _PIECE))
            if not packed:
                raise malformed("a member of a zip archive is cut off")
            left -= len(packed)
        if inflate is None:
            data, packed = packed, b""
        else:
            try:
                data = inflate.decompress(packed, _OUT)
            except zlib.error as error:
                raise malformed(f"cannot be unpacked: {error}") from error
            packed = inflate.unconsumed_tail
        if not data:
            if (inflate is None or inflate.eof) or not left:
                break
            continue
        total += len(data)
        if total > member.size:
            raise malformed("a member of a zip archive is longer than it says")
        scan.budget.unpack(len(data))
        crc = zlib.crc32(data, crc)
        yield data
    if total != member.size or crc != member.crc:
        raise malformed("a member of a zip archive is damaged: size or checksum is wrong")


def member_bytes(stream: BinaryIO, member: Member, scan: Scan, limit: int) -> bytes:
    """The content of a member of at most `limit` bytes."""
    return b"".join(pieces(stream, member, scan, limit))


@contextmanager
def spooled_member(stream: BinaryIO, member: Member, scan: Scan) -> Iterator[BinaryIO]:
    """The content of a member as a seekable stream: in memory while small, else in a temporary file."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        for piece in pieces(stream, member, scan, scan.limits.binary_bytes):
            spool.write(piece)
        spool.seek(0)
        yield cast("BinaryIO", spool)
