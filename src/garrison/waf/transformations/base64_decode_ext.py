"""`BASE64_DECODE_EXT`: forgiving."""

from __future__ import annotations

import binascii
import re

NAME = "BASE64_DECODE_EXT"

_OUTSIDE = re.compile(rb"[^A-Za-z0-9+/]+")


def transform(data: bytes) -> bytes:
    """Decode, passing over characters that are not base64, padding among them; a last single character is dropped."""
    digits = _OUTSIDE.sub(b"", data)
    left = len(digits) % 4
    if left == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
