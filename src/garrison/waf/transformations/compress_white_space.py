"""`COMPRESS_WHITE_SPACE`: runs of white space, no-break space among it, become one space."""

from __future__ import annotations

import re

NAME = "COMPRESS_WHITE_SPACE"

_RUN = re.compile(rb"[\t\n\v\f\r \xa0]+")


def transform(data: bytes) -> bytes:
    """White space and byte 160 to a space, then one for many. Source: AWS WAF developer guide."""
    return _RUN.sub(b" ", data)
