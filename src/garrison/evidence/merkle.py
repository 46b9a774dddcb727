"""The root of a Merkle tree over hashes, as Certificate Transparency has it (RFC 6962, 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[str]) -> str:
    """The root over hexadecimal SHA-256 hashes, in hexadecimal; of none, the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    level = [hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest() for leaf in leaves]
    while len(level) > 1:
        # Pairing from the left and carrying the odd one up gives the tree of RFC 6962, whose left part is a power of 2.
        above = [hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0].hex()
