"""`TRIM_RIGHT`: white space at the end goes."""

from __future__ import annotations

NAME = "TRIM_RIGHT"


def transform(data: bytes) -> bytes:
    """Strip ASCII white space from the end."""
    return data.rstrip()
