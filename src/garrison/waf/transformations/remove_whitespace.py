"""`REMOVE_WHITESPACE`: without white space."""

from __future__ import annotations

NAME = "REMOVE_WHITESPACE"


def transform(data: bytes) -> bytes:
    """Drop white space, no-break space (160) too."""
    return data.translate(None, b"\t\n\v\f\r \xa0")
