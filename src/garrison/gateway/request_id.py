"""Request ids: random UUIDs, made cheaply from a block of system randomness."""

from __future__ import annotations

import os
import threading

_BLOCK = 16 * 256
_state = threading.local()


def new_request_id() -> str:
    """A version 4 UUID."""
    block: bytes = getattr(_state, "block", b"")
    at: int = getattr(_state, "at", 0)
    if at >= len(block):
        _state.block = block = os.urandom(_BLOCK)
        at = 0
    _state.at = at + 16
    x = block[at : at + 16].hex()
    return f"{x[:8]}-{x[8:12]}-4{x[13:16]}-{'89ab'[int(x[16], 16) & 3]}{x[17:20]}-{x[20:]}"
