"""Path patterns of cache behaviours: `*` is any text, `?` any one character; the leading slash may be left out.

Source: CloudFront API reference, `CacheBehavior`, `PathPattern`. They are compared with the path, case-sensitively.
"""

from __future__ import annotations

import re


def expression(pattern: str) -> str:
    """The expression of a whole path."""
    parts = {"*": ".*", "?": "."}
    found = "".join([parts.get(c) or re.escape(c) for c in pattern])
    return found if pattern.startswith(("/", "*")) else f"/{found}"
