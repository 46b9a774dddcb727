"""`REPLACE_COMMENTS`: each C comment becomes one space."""

from __future__ import annotations

import re

NAME = "REPLACE_COMMENTS"

_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)", re.DOTALL)


def transform(data: bytes) -> bytes:
    """`/* ... */` becomes a space, so does one that is never closed; a lone `*/` stays. Source: developer guide."""
    return _COMMENT.sub(b" ", data) if b"/*" in data else data
