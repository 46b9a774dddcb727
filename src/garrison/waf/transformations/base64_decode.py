"""`BASE64_DECODE`: strict."""

from __future__ import annotations

import binascii

NAME = "BASE64_DECODE"


def transform(data: bytes) -> bytes:
    """Decode; what is not base64 stays as it is (AWS does not say what becomes of it)."""
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except binascii.Error:
        return data
