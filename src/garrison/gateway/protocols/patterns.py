"""The models' regular expressions, which are Java's, run in Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

Matches = Callable[[str], bool]


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Matches | None:
    """A test for the whole of a text; None for a pattern that cannot be run."""
    try:
        compiled = re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return None
    full = compiled.fullmatch
    return lambda text: full(text) is not None
