"""`NORMALIZE_PATH_WIN`: `NORMALIZE_PATH` after backslashes have become slashes."""

from __future__ import annotations

from garrison.waf.transformations import normalize_path

NAME = "NORMALIZE_PATH_WIN"


def transform(data: bytes) -> bytes:
    """Turn the backslashes, then normalize."""
    return normalize_path.transform(data.replace(b"\\", b"/"))
