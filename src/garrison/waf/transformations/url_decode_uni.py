"""`URL_DECODE_UNI`: as `URL_DECODE`, and Microsoft's `%uHHHH`."""

from __future__ import annotations

import re

from garrison.waf.transformations.full_width import narrow

NAME = "URL_DECODE_UNI"

_ESCAPE = re.compile(rb"%(?:u([0-9a-fA-F]{4})|([0-9a-fA-F]{2}))", re.IGNORECASE)


def transform(data: bytes) -> bytes:
    """Decode `%uHHHH`, `%HH` and `+`.

    Source: AWS WAF developer guide: full-width ASCII (FF01-FF5E) becomes ASCII, others keep their low byte.
    """
    if b"+" in data:
        data = data.replace(b"+", b" ")
    return _ESCAPE.sub(_byte, data) if b"%" in data else data


def _byte(found: re.Match[bytes]) -> bytes:
    point, byte = found.groups()
    return bytes((narrow(int(point, 16)),)) if point else bytes.fromhex(byte.decode())
