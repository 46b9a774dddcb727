"""`REMOVE_NULLS`: without NUL bytes."""

from __future__ import annotations

NAME = "REMOVE_NULLS"


def transform(data: bytes) -> bytes:
    """Drop NUL bytes."""
    return data.replace(b"\0", b"")
