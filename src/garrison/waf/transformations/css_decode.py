"""`CSS_DECODE`: the escapes of CSS 2."""

from __future__ import annotations

import re

from garrison.waf.transformations.full_width import narrow

NAME = "CSS_DECODE"

_ESCAPE = re.compile(rb"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f\v]?|(\n)|(.)|\Z)", re.DOTALL)


def transform(data: bytes) -> bytes:
    """`\\6a` is a character (of more than two digits the last two count, full width is folded), `\\j` is `j`.

    Source: developer guide, which names `ja\\vascript` as what it uncovers; the rest is ModSecurity's cssDecode.
    """
    return _ESCAPE.sub(_byte, data) if b"\\" in data else data


def _byte(found: re.Match[bytes]) -> bytes:
    digits, newline, other = found.groups()
    if digits:
        return bytes((narrow(int(digits[-4:], 16)),))
    return b"" if newline else other or b""
