"""`ESCAPE_SEQ_DECODE`: the escapes of ANSI C."""

from __future__ import annotations

import re

NAME = "ESCAPE_SEQ_DECODE"

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|0([0-7]{1,3})|([0-7]{1,3})|([abfnrtv\\?'\"]))")
_SINGLE = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def transform(data: bytes) -> bytes:
    """Decode the escapes of ANSI C and octal `\\0OOO`; what is none of them stays. Source: developer guide."""
    return _ESCAPE.sub(_byte, data) if b"\\" in data else data


def _byte(found: re.Match[bytes]) -> bytes:
    hexadecimal, octal, bare, single = found.groups()
    if single:
        return _SINGLE.get(single, single)
    if hexadecimal:
        return bytes.fromhex(hexadecimal.decode())
    return bytes((int(octal or bare, 8) & 0xFF,))
