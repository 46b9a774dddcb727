"""`UPPERCASE`: ASCII letters only."""

from __future__ import annotations

NAME = "UPPERCASE"


def transform(data: bytes) -> bytes:
    """a-z become A-Z."""
    return data.upper()
