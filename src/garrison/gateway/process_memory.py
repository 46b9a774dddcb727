"""Keeping key material out of core dumps and out of other processes' reach, as far as an ordinary process can.

What Python holds cannot be wiped, and memory can be swapped: encrypt swap, or have none.
"""

from __future__ import annotations

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def protect() -> None:
    """No core dumps, and no debugger of the same user (Linux)."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
