"""Semantic versions: npm, Go, Cargo and everything that has no order of its own.

Read leniently: a leading `v` or `go`, more or fewer than three numbers, a pre-release without its dash (`go1.21rc2`).
Build metadata (`+incompatible`) does not count.
"""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.scan.versions.numbers import number

Identifier = tuple[int, int, str]
Key = tuple[tuple[int, ...], int, tuple[Identifier, ...]]

_CORE = re.compile(r"(?:v|go|=)?\s*([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE)


@lru_cache(maxsize=1 << 17)
def key(version: str) -> Key:
    """Key of a version; a text without a number in front is a pre-release of 0."""
    text = version.strip().partition("+")[0]
    found = _CORE.match(text)
    core = [number(part) for part in found[1].split(".")] if found else []
    while core and not core[-1]:
        core.pop()
    rest = text[found.end() :] if found else text
    if not rest:
        return tuple(core), 1, ()
    return tuple(core), 0, identifiers(rest.removeprefix("-"))


def identifiers(text: str) -> tuple[Identifier, ...]:
    """Key of a pre-release: numbers before texts."""
    return tuple(
        (0, number(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in text.split(".")
    )
