"""`URL_DECODE`: percent-encoding, and `+` for a space."""

from __future__ import annotations

import re

NAME = "URL_DECODE"

_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})")


def transform(data: bytes) -> bytes:
    """Decode `%HH` and `+`; what is no valid escape stays. AWS is silent on `+`: as ModSecurity has it."""
    if b"+" in data:
        data = data.replace(b"+", b" ")
    return _ESCAPE.sub(_byte, data) if b"%" in data else data


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())
