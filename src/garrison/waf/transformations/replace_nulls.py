"""`REPLACE_NULLS`: a space for each NUL byte."""

from __future__ import annotations

NAME = "REPLACE_NULLS"


def transform(data: bytes) -> bytes:
    """A space for each NUL byte."""
    return data.replace(b"\0", b" ")
