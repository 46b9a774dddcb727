"""TOTP codes as an authenticator shows them (RFC 6238), on their own: shares nothing with the server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time


def code(seed: bytes, step: int) -> str:
    """The six digits of one 30-second step."""
    digest = hmac.new(seed, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Authenticator:
    """Never shows the same code twice: each call moves to the next step, at most one ahead of the clock."""

    def __init__(self, base32_seed: bytes) -> None:
        self._seed = base64.b32decode(base32_seed)
        self._last = int(time.time()) // 30 - 2

    def next(self) -> str:
        """The code of the next unused step; waits where that lies more than one step ahead."""
        self._last += 1
        while self._last > int(time.time()) // 30 + 1:
            time.sleep(0.5)
        return code(self._seed, self._last)
