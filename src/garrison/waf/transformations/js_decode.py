"""`JS_DECODE`: the escapes of JavaScript strings."""

from __future__ import annotations

import re

from garrison.waf.transformations.full_width import narrow

NAME = "JS_DECODE"

ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3][0-7]{2}|[0-7]{1,2})|(.))", re.DOTALL)
_SINGLE = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def transform(data: bytes) -> bytes:
    """`\\uHHHH` (full width folded, else the low byte), `\\xHH`, `\\OOO`, one character. Source: developer guide."""
    return ESCAPE.sub(unescape, data) if b"\\" in data else data


def unescape(found: re.Match[bytes]) -> bytes:
    """What one escape stands for."""
    point, hexadecimal, octal, single = found.groups()
    if point:
        return bytes((narrow(int(point, 16)),))
    if hexadecimal:
        return bytes.fromhex(hexadecimal.decode())
    if octal:
        return bytes((int(octal, 8),))
    return _SINGLE.get(single, single)
