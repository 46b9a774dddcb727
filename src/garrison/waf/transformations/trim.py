"""`TRIM`: white space at both ends goes."""

from __future__ import annotations

NAME = "TRIM"


def transform(data: bytes) -> bytes:
    """Strip ASCII white space from both ends."""
    return data.strip()
