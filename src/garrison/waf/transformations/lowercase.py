"""`LOWERCASE`: ASCII letters only."""

from __future__ import annotations

NAME = "LOWERCASE"


def transform(data: bytes) -> bytes:
    """A-Z become a-z."""
    return data.lower()
