"""`HTML_ENTITY_DECODE`: character references become characters."""

from __future__ import annotations

import re

NAME = "HTML_ENTITY_DECODE"

_REFERENCE = re.compile(rb"&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(quot|nbsp|lt|gt|amp));?")
_NAMED = {b"quot": b'"', b"nbsp": b"\xa0", b"lt": b"<", b"gt": b">", b"amp": b"&"}


def transform(data: bytes) -> bytes:
    """Decode `&quot; &nbsp; &lt; &gt; &amp;`, decimal and hexadecimal references; the semicolon may be missing.

    Source: AWS WAF developer guide, "Text transformations". `&amp;` and the missing semicolon are ModSecurity's
    htmlEntityDecode, whose names AWS took over. A code point up to 255 is that byte, one above is UTF-8 (a guess).
    """
    return _REFERENCE.sub(_character, data) if b"&" in data else data


def _character(found: re.Match[bytes]) -> bytes:
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMED[name]
    point = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if point < 256:
        return bytes((point,))
    return chr(point).encode("utf-8", "surrogatepass") if point < 0x110000 else found[0]
