"""Time-based one-time passwords as AWS's virtual MFA devices use them: RFC 6238 with SHA-1, 30 seconds, six digits.

Pure: what was accepted before and how far a device's clock is off are given, and what to remember is returned. A step
once accepted is burned, and every step before it: callers keep the newest one and pass it as `last`.
"""

from __future__ import annotations

import hmac
import struct

STEP = 30
"""Seconds a code lasts."""
DIGITS = 6
WINDOW = 1
"""Steps a code may be early or late (RFC 6238, section 5.2)."""
ENABLE_WINDOW = 10
"""As wide when a device is enabled: AWS takes codes that were read minutes ago (IAM API reference, EnableMFADevice)."""
RESYNC_WINDOW = 120
"""How far a clock may be off and still be found again: an hour. A guess: AWS does not say."""


def code(seed: bytes, step: int) -> str:
    """The code of one step (`seed` raw, not base32). Source: RFC 4226, section 5.3."""
    digest = hmac.digest(seed, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack_from(">I", digest, offset)[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_at(now: float) -> int:
    """The step a time (seconds since the epoch) falls in."""
    return int(now) // STEP


def accepted(seed: bytes, given: str, now: float, *, last: int | None = None, drift: int = 0) -> int | None:
    """The step `given` is the code of, or None if it is of none that may be used now."""
    return _find(seed, (given,), step_at(now) + drift, WINDOW, last)


def accepted_pair(
    seed: bytes, first: str, second: str, now: float, *, window: int, last: int | None = None, drift: int = 0
) -> int | None:
    """The step of `second`, if the two are codes of consecutive steps, both unused, `second` within `window` steps."""
    return _find(seed, (first, second), step_at(now) + drift, window, last)


def learned_drift(step: int, now: float) -> int:
    """How far off a clock is that shows `step` now. What the window forgives anyway is no drift."""
    off = step - step_at(now)
    return off if abs(off) > WINDOW else 0


def _find(seed: bytes, given: tuple[str, ...], middle: int, window: int, last: int | None) -> int | None:
    if any(len(text) != DIGITS or not (text.isascii() and text.isdigit()) for text in given):
        return None
    found = None
    # Nearest first, so that of two steps with the same code the likely one is burned.
    for end in sorted(range(middle - window, middle + window + 1), key=lambda step: abs(step - middle)):
        start = end - len(given) + 1
        if start < 0 or (last is not None and start <= last):
            continue
        right = "".join(code(seed, step) for step in range(start, end + 1))
        if hmac.compare_digest(right, "".join(given)) and found is None:
            found = end
    return found
