"""`JS_DECODE_EXT`: as `JS_DECODE`, and ECMAScript 6's code points."""

from __future__ import annotations

import re

from garrison.waf.transformations import js_decode
from garrison.waf.transformations.full_width import narrow

NAME = "JS_DECODE_EXT"

_POINT = re.compile(rb"\\u\{0*([0-9a-fA-F]{1,6})\}|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def transform(data: bytes) -> bytes:
    """Decode `\\u{H...}` and surrogate pairs too. AWS documents the name alone: this reading of it is a guess."""
    if b"\\" not in data:
        return data
    return js_decode.ESCAPE.sub(js_decode.unescape, _POINT.sub(_character, data))


def _character(found: re.Match[bytes]) -> bytes:
    braced, high, low = found.groups()
    if braced:
        point = int(braced, 16)
    else:
        point = 0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF)
    if point >= 0x110000:
        return found[0]
    # One that is escaped itself must not be taken for the start of another escape.
    return b"\\\\" if point == 0x5C else _encoded(point)


def _encoded(point: int) -> bytes:
    if point < 0x10000:
        byte = narrow(point)
        return (
            bytes((byte,))
            if point < 0x100 or 0xFF01 <= point <= 0xFF5E
            else chr(point).encode("utf-8", "surrogatepass")
        )
    return chr(point).encode()
