"""`MD5`: the digest as raw bytes."""

from __future__ import annotations

import hashlib

NAME = "MD5"


def transform(data: bytes) -> bytes:
    """The digest of the bytes."""
    return hashlib.md5(data, usedforsecurity=False).digest()
