"""`TRIM_LEFT`: white space at the start goes."""

from __future__ import annotations

NAME = "TRIM_LEFT"


def transform(data: bytes) -> bytes:
    """Strip ASCII white space from the start."""
    return data.lstrip()
