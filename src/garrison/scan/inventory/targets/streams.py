"""Bytes by parts: windows on a file, and packed streams unpacked under the scan's budget."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import tempfile
import zlib
from typing import Any, BinaryIO, cast

from garrison.scan.inventory.files import Budget, Unreadable, malformed
from garrison.scan.inventory.model import ProblemKind

_PIECE = 1 << 18
_OUT = 1 << 20
GZIP, BZIP2, XZ, ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"


class Window(io.RawIOBase):
    """A part of an open file as a seekable file of its own. Reads by position: many windows share one descriptor."""

    def __init__(self, descriptor: int, offset: int, size: int) -> None:
        super().__init__()
        self._descriptor, self._offset, self._size, self._place = descriptor, offset, size, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files do it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        """The place in the window."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """As files do it."""
        size = min(len(buffer), max(0, self._size - self._place))
        data = os.pread(self._descriptor, size, self._offset + self._place)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def part(self, offset: int, size: int) -> Window:
        """A window within this one."""
        return Window(self._descriptor, self._offset + offset, min(size, max(0, self._size - offset)))

    def skip(self, size: int) -> bool:
        """Go on by `size` bytes; False: the window ends before."""
        self._place += size
        return self._place <= self._size


def buffered(window: Window) -> BinaryIO:
    """A window with a buffer, as collectors read it."""
    return cast("BinaryIO", io.BufferedReader(window, 1 << 16))


class Unpacked:
    """A packed stream, unpacked forward. Every byte that comes out is accounted for before the next piece is read."""

    def __init__(self, window: Window, magic: bytes, budget: Budget) -> None:
        self._window, self._budget, self._magic = window, budget, magic
        self._decoder: Any = _decoder(magic)
        self._ready = bytearray()
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; fewer only at the end. Raises Unreadable when the stream is damaged or cut off."""
        while len(self._ready) < size and not self._ended:
            self._more()
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def _more(self) -> None:
        packed = b""
        if self._decoder.eof:
            # Several streams one after the other are one (pigz, concatenated xz); anything else is padding.
            packed = self._decoder.unused_data
            if len(packed) < len(self._magic):
                packed += self._window.read(_PIECE) or b""
            if not packed.startswith(self._magic):
                self._ended = True
                return
            self._decoder = _decoder(self._magic)
        elif self._decoder.needs_input:
            packed = self._window.read(_PIECE) or b""
        try:
            data = self._decoder.decompress(packed, _OUT)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise malformed(f"a packed stream is damaged: {error}") from error
        if not packed and not data and not self._decoder.eof:
            raise malformed("a packed stream is cut off")
        self._budget.unpack(len(data))
        self._ready += data


class _Inflate:
    """zlib's gzip decoder in the manner of bz2's: what the limit kept back is taken out by further calls."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, limit: int) -> bytes:
        """Up to `limit` bytes."""
        return self._inner.decompress(self._inner.unconsumed_tail + data, limit)

    @property
    def eof(self) -> bool:
        """The stream has ended."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Everything fed was decoded."""
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What follows the stream's end."""
        return self._inner.unused_data


def _decoder(magic: bytes) -> Any:
    if magic == GZIP:
        return _Inflate()
    if magic == BZIP2:
        return bz2.BZ2Decompressor()
    if magic == XZ:
        return lzma.LZMADecompressor(memlimit=256 << 20)
    raise Unreadable(ProblemKind.UNSUPPORTED, "an unknown packing")


class UnpackedZstd:
    """A zstd stream, unpacked forward, by the zstandard package (the extra `scan`)."""

    def __init__(self, window: Window, budget: Budget) -> None:
        try:
            import zstandard
        except ImportError:
            raise Unreadable(
                ProblemKind.UNSUPPORTED, "packed with zstd, for which `pip install garrison[scan]` brings the reader"
            ) from None
        self._error = zstandard.ZstdError
        self._reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            cast("Any", window), read_across_frames=True
        )
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        try:
            data: bytes = self._reader.read(size)
        except self._error as error:
            raise malformed(f"a packed stream is damaged: {error}") from error
        self._budget.unpack(len(data))
        return data


def unpacked(window: Window, budget: Budget) -> Window | Unpacked | UnpackedZstd:
    """`window` itself when it is not packed, else a stream of what was packed in it."""
    head = window.read(6) or b""
    window.seek(0)
    for magic in (GZIP, BZIP2, XZ):
        if head.startswith(magic):
            return Unpacked(window, magic, budget)
    if head.startswith(ZSTD):
        return UnpackedZstd(window, budget)
    return window


class Spool:
    """One temporary file that keeps parts of packed streams while a scan runs."""

    def __init__(self, limit: int) -> None:
        self._file = tempfile.TemporaryFile(prefix="garrison-scan-")  # noqa: SIM115 - lives as long as the spool
        self._limit = limit
        self.size = 0

    def append(self, data: bytes) -> None:
        """Raises Unreadable when the spool is full."""
        if self.size + len(data) > self._limit:
            raise Unreadable(ProblemKind.LIMIT, f"more than {self._limit} bytes had to be kept on disk")
        self._file.write(data)
        self.size += len(data)

    def window(self, offset: int, size: int) -> Window:
        """A part of what was kept."""
        self._file.flush()
        return Window(self._file.fileno(), offset, size)

    def close(self) -> None:
        """Gives the disk back."""
        self._file.close()
