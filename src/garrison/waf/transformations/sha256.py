"""`SHA256`: the digest as raw bytes."""

from __future__ import annotations

import hashlib

NAME = "SHA256"


def transform(data: bytes) -> bytes:
    """The digest of the bytes."""
    return hashlib.sha256(data, usedforsecurity=False).digest()
