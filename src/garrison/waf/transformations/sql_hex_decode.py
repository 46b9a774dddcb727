"""`SQL_HEX_DECODE`: SQL's hexadecimal literals become the text they stand for, in place."""

from __future__ import annotations

import re

NAME = "SQL_HEX_DECODE"

_LITERAL = re.compile(rb"0[xX]((?:[0-9a-fA-F]{2})+)")


def transform(data: bytes) -> bytes:
    """`0x414243` becomes `ABC`."""
    return _LITERAL.sub(_text, data)


def _text(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())
