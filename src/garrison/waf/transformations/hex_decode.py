"""`HEX_DECODE`: pairs of hexadecimal digits become bytes."""

from __future__ import annotations

import re

NAME = "HEX_DECODE"

_HEX = re.compile(rb"[0-9a-fA-F]*")


def transform(data: bytes) -> bytes:
    """Decode; an odd last digit is dropped, and what is not hexadecimal stays as it is (a guess: AWS does not say)."""
    if not _HEX.fullmatch(data):
        return data
    return bytes.fromhex(data[: len(data) // 2 * 2].decode())
