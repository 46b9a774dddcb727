"""Encryption contexts as bytes, so that two different contexts never give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from struct import pack

EMPTY = pack(">I", 0)


def canonical_context(context: Mapping[str, str] | None) -> bytes:
    """The bytes that are authenticated for an encryption context: order does not matter, everything else does.

    `u32 pairs`, then for each pair, sorted by the key's UTF-8 bytes, `u32 length, key, u32 length, value`; numbers are
    big-endian. No context and an empty one are the same (KMS developer guide, "Encryption context").
    Raises ValueError for text that is not Unicode (a lone surrogate).
    """
    if not context:
        return EMPTY
    pairs = sorted([(key.encode(), value.encode()) for key, value in context.items()])
    parts = [pack(">I", len(pairs))]
    for key, value in pairs:
        parts += (pack(">I", len(key)), key, pack(">I", len(value)), value)
    return b"".join(parts)
