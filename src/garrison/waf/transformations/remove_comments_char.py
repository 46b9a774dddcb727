"""`REMOVE_COMMENTS_CHAR`: the marks of comments go, their text stays."""

from __future__ import annotations

import re

NAME = "REMOVE_COMMENTS_CHAR"

_MARK = re.compile(rb"/\*|\*/|--|#")


def transform(data: bytes) -> bytes:
    """Drop `/*`, `*/`, `--` and `#`."""
    return _MARK.sub(b"", data)
