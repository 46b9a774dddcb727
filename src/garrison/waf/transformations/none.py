"""`NONE`: the bytes as they are."""

from __future__ import annotations

NAME = "NONE"


def transform(data: bytes) -> bytes:
    """Unchanged."""
    return data
