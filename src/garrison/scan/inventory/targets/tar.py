"""Tar archives of unknown origin, read forward only: header by header, nothing kept, nothing taken on trust.

Forms: ustar, GNU (long names, large sizes) and pax (path, linkpath, size). Long names and pax records are bounded, so
that no archive can make the reader allocate what it likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from garrison.scan.inventory.files import Unreadable, malformed
from garrison.scan.inventory.model import ProblemKind

_BLOCK = 512
_EXTENDED_BYTES = 1 << 20
_ZERO = bytes(_BLOCK)
_SKIP = 1 << 20

FILE, HARD_LINK, SYMLINK, FOLDER, OTHER = "file", "hard link", "symlink", "folder", "other"
_KINDS = {b"0": FILE, b"\0": FILE, b"7": FILE, b"1": HARD_LINK, b"2": SYMLINK, b"5": FOLDER}


class Readable(Protocol):
    """A stream that is read forward."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        ...


class Member(NamedTuple):
    """One entry."""

    name: str
    """As written; undecodable bytes are surrogates."""
    kind: str
    size: int
    mode: int
    link: str
    offset: int
    """Of its content, from the archive's start."""


class TarReader:
    """The members of a tar. The content of the current one is read with `content`, or skipped."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._place = 0
        self._left = 0
        """Bytes of the current member's content not yet read, and their padding."""
        self._padding = 0
        self.ended = False
        """The archive's end mark was met. Without one it may be cut off between two members."""

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        while len(data) < size:
            more = self._stream.read(size - len(data))
            if not more:
                raise malformed("the tar archive is cut off")
            data += more
        self._place += size
        return data

    def content(self, size: int) -> bytes:
        """Up to `size` further bytes of the current member."""
        data = self._read(min(size, self._left))
        self._left -= len(data)
        return data

    def _skip(self) -> None:
        left = self._left + self._padding
        self._left = self._padding = 0
        seek = getattr(self._stream, "skip", None)
        if seek is not None:
            if not seek(left):
                raise malformed("the tar archive is cut off")
            self._place += left
            return
        while left:
            left -= len(self._read(min(left, _SKIP)))

    def __iter__(self) -> Iterator[Member]:
        """Every member; raises Unreadable where the archive is damaged or ends too early."""
        extended: dict[str, str] = {}
        everywhere: dict[str, str] = {}
        while True:
            self._skip()
            head = self._stream.read(_BLOCK)
            if not head and not extended:
                return
            if len(head) < _BLOCK:
                head += self._read(_BLOCK - len(head)) if head else malformed_end()
            self._place += _BLOCK
            if head == _ZERO:
                self.ended = True
                return
            _check(head)
            size = _number(head[124:136])
            kind = head[156:157]
            if kind in (b"x", b"g", b"L", b"K"):
                if size > _EXTENDED_BYTES:
                    raise Unreadable(ProblemKind.LIMIT, f"a tar header of {size} bytes")
                self._left, self._padding = size, -size % _BLOCK
                data = self.content(size)
                if kind == b"L":
                    extended["path"] = _text(data.split(b"\0")[0])
                elif kind == b"K":
                    extended["linkpath"] = _text(data.split(b"\0")[0])
                else:
                    (everywhere if kind == b"g" else extended).update(_pax(data))
                continue
            fields = {**everywhere, **extended} if everywhere else extended
            if "size" in fields:
                if not fields["size"].isdecimal() or len(fields["size"]) > 18:
                    raise malformed("a tar header holds a size that is no number")
                size = int(fields["size"])
            name = fields.get("path") or _name(head)
            extended = {}
            member_kind = _KINDS.get(kind, OTHER)
            if member_kind == FILE and name.endswith("/"):
                member_kind = FOLDER
            # Links and folders have no content, whatever size they state.
            self._left = size if member_kind in (FILE, OTHER) else 0
            self._padding = -self._left % _BLOCK
            yield Member(
                name,
                member_kind,
                self._left,
                _number(head[100:108]) & 0o7777,
                fields.get("linkpath") or _text(head[157:257].split(b"\0")[0]),
                self._place,
            )


def malformed_end() -> bytes:
    """Raises: an archive that ends after an extended header."""
    raise malformed("the tar archive is cut off")


def _check(head: bytes) -> None:
    stated = _number(head[148:156])
    if sum(head) - sum(head[148:156]) + 8 * 32 != stated:
        raise malformed("not a tar archive, or damaged: a header's checksum is wrong")


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        value = int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
        if value > 1 << 60:
            raise malformed("a tar header holds a number beyond reason")
        return value
    digits = field.split(b"\0")[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise malformed("a tar header holds a number that is none") from None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _name(head: bytes) -> str:
    name = _text(head[:100].split(b"\0")[0])
    if head[257:263] == b"ustar\0" and (prefix := head[345:500].split(b"\0")[0]):
        return f"{_text(prefix)}/{name}"
    return name


def _pax(data: bytes) -> dict[str, str]:
    """`length key=value` records."""
    found: dict[str, str] = {}
    place = 0
    while place < len(data) and data[place]:
        space = data.find(b" ", place, place + 20)
        digits = data[place:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        record = data[space + 1 : place + length]
        if length <= space - place or not record.endswith(b"\n"):
            raise malformed("a tar archive's extended header is damaged")
        key, _, value = record[:-1].partition(b"=")
        found[_text(key)] = _text(value)
        place += length
    return found
