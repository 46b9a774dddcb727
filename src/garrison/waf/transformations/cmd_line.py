"""`CMD_LINE`: what shells and the command prompt overlook in a command line goes."""

from __future__ import annotations

import re

NAME = "CMD_LINE"
_SEPARATORS = bytes.maketrans(b",;", b"  ")
_RUN = re.compile(rb"\s+")


def transform(data: bytes) -> bytes:
    """Delete `\\ " ' ^` and spaces before `/` and `(`; `,` and `;` to spaces; one space for many; lower case.

    Source: AWS WAF developer guide, "Text transformations".
    """
    return flatten(data, b"\\\"'^")


def flatten(data: bytes, overlooked: bytes) -> bytes:
    """A command line without the `overlooked` characters and without the freedoms of spacing and case."""
    data = data.translate(_SEPARATORS, overlooked)
    return _RUN.sub(b" ", data).replace(b" /", b"/").replace(b" (", b"(").lower()
