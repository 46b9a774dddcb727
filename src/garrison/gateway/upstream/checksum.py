"""The checksums S3 knows, computed piece by piece.

Source: S3 user guide, "Checking object integrity".
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from functools import cache

from garrison.gateway.chunked import CRC32C, CRC64NVME, crc_table


class Checksum:
    """One running checksum. `update(data)`, then `digest()`."""

    def __init__(self, algorithm: str) -> None:
        """`algorithm` is the end of the header's name: `crc32`. Raises `KeyError` for one S3 does not know."""
        self._hash = hashlib.new(algorithm, usedforsecurity=False) if algorithm in ("sha1", "sha256") else None
        self._crc = 0
        if self._hash is None:
            self._next, self._size = _crcs()[algorithm]

    def update(self, data: bytes) -> None:
        """Take the next part."""
        if self._hash is not None:
            self._hash.update(data)
        else:
            self._crc = self._next(data, self._crc)

    def digest(self) -> bytes:
        """The checksum of everything taken so far."""
        return self._hash.digest() if self._hash is not None else self._crc.to_bytes(self._size, "big")


def _reflected(polynomial: int, bits: int) -> Callable[[bytes, int], int]:
    ones = (1 << bits) - 1

    def update(data: bytes, before: int) -> int:
        table = crc_table(polynomial)
        crc = before ^ ones
        for byte in data:
            crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        return crc ^ ones

    return update


@cache
def _crcs() -> dict[str, tuple[Callable[[bytes, int], int], int]]:
    # Loaded at first use: it takes as long as a good part of the rest of starting.
    try:
        from awscrt import checksums as crt
    except ImportError:  # the compiled checksums come with awscrt, where that is installed
        crt = None
    return {
        "crc32": (zlib.crc32, 4),
        "crc32c": (crt.crc32c if crt is not None else _reflected(CRC32C, 32), 4),
        "crc64nvme": (crt.crc64nvme if crt is not None else _reflected(CRC64NVME, 64), 8),
    }
