r"""The models' regular expressions, which are Java's, run in Python: same meaning, bounded time.

Translated: `\p{...}` and `\P{...}`, surrogate pairs, `\x{...}`, `\z`, hyphens that Java takes literally. AWS matches
the whole text (Java's `matches`). Patterns that may take exponential time, and long texts for those that may take
polynomial time, go to `linear_regex`. A pattern that neither engine can run is not checked; the tests list them.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from garrison.gateway.protocols.linear_regex import LinearRegex, Unsupported

Matches = Callable[[str], bool]

_WORK = 1_000_000
"""Steps a backtracking match may cost; beyond, the linear engine takes over."""
_MANY = 16
"""Repeats up to this are no source of trouble."""

_PROPERTY = re.compile(r"\\([pP])\{(?:\^)?(\w+)\}")
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]+)\}")
_ASTRAL = r"\uD800\uDC00-\uDBFF\uDFFF"
_POSIX = {
    "ASCII": r"\x00-\x7f",
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Lower": "a-z",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Space": r"\s",
    "Cntrl": r"\x00-\x1f\x7f",
    "all": r"\x00-\U0010ffff",
}
_UNIONS = {"LD": ("L", "Nd"), "IsAlphabetic": ("L", "Nl"), "IsWhitespace": ("Z",), "IsLetter": ("L",)}
# From here to the private planes nothing has letters, marks, numbers or symbols but variation selectors.
_LAST_LETTER = 0x323B0


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Matches | None:
    """A test for the whole of a text; None for a pattern that cannot be run safely."""
    try:
        python = translate(pattern)
        tree = parser.parse(python, re.ASCII)
        fast = re.compile(python, re.ASCII).fullmatch
    except (re.error, OverflowError, RecursionError, KeyError):
        return None
    degree = _degree(tree)
    if degree is not None and degree < 2:
        return lambda text: fast(text) is not None
    try:
        linear = LinearRegex(python).matches
    except Unsupported:
        return None
    if degree is None:
        return linear
    longest = int(_WORK ** (1 / degree))

    def matches(text: str) -> bool:
        return fast(text) is not None if len(text) <= longest else linear(text)

    return matches


def _degree(tree: Any, within: int = 0) -> int | None:
    """How many repeats of open length can share out one text; None if repeats stand in repeats."""
    total = 0
    for op, argument in tree:
        if op in (c.MAX_REPEAT, c.MIN_REPEAT):
            low, high, body = argument
            inside = _degree(body, within + 1)
            many = high is c.MAXREPEAT or (high - low > 0 and high > _MANY)
            if inside is None or (many and inside):
                return None
            if many:
                total += 1
            elif inside:
                total += inside * int(high)
            elif high - low > 0 and within:
                total += 1
        elif op is c.SUBPATTERN:
            inside = _degree(argument[3], within)
            if inside is None:
                return None
            total += inside
        elif op is c.BRANCH:
            each = [_degree(branch, within) for branch in argument[1]]
            if None in each:
                return None
            total += max((d for d in each if d is not None), default=0)
            # Alternatives under a repeat may overlap.
            if within:
                total += 1
        elif op in (c.ASSERT, c.ASSERT_NOT):
            inside = _degree(argument[1], within)
            if inside is None:
                return None
            total = max(total, inside)
    return total


def translate(pattern: str) -> str:
    """The pattern in Python's syntax. Raises `KeyError` for a property it does not know."""
    pattern = pattern.replace(_ASTRAL, "\\U00010000-\\U0010FFFF").replace("\\z", "\\Z")
    pattern = _HEX.sub(lambda m: re.escape(chr(int(m[1], 16))), pattern)
    out: list[str] = []
    at = 0
    in_class = False
    while at < len(pattern):
        found = _PROPERTY.match(pattern, at)
        if found is not None:
            ranges = _property(found[2], negated=found[1] == "P")
            out.append(ranges if in_class else f"[{ranges}]")
            at = found.end()
            # In Java a hyphen after a class is a hyphen.
            if in_class and pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] != "]":
                out.append("\\-")
                at += 1
            continue
        if pattern[at] == "\\":
            out.append(pattern[at : at + 2])
            if in_class and pattern[at + 1 : at + 2] in "wdsWDS" and pattern[at + 2 : at + 3] == "-":
                out.append("\\-")
                at += 1
            at += 2
            continue
        if pattern[at] == "[" and not in_class:
            in_class = True
            out.append("[")
            at += 1
            if pattern[at : at + 1] == "^":
                out.append("^")
                at += 1
            continue
        if pattern[at] == "]" and in_class:
            in_class = False
        elif in_class and pattern[at : at + 2] == "&&":
            raise KeyError("&&")
        elif in_class and pattern[at] in "[|~":
            # Python warns that these may one day be set operations.
            out.append("\\")
        out.append(pattern[at])
        at += 1
    return "".join(out)


@lru_cache(maxsize=128)
def _property(name: str, *, negated: bool) -> str:
    """The characters of a property as the inside of a class."""
    posix = _POSIX.get(name)
    if posix is not None and not negated:
        return posix
    if posix is not None:
        raise KeyError(name)
    wanted = _UNIONS.get(name, (name.removeprefix("Is"),))
    categories = _categories()
    if not any(found.startswith(wanted) for found, _, _ in categories):
        raise KeyError(name)
    runs: list[list[int]] = []
    for found, low, high in categories:
        if found.startswith(wanted) == negated:
            continue
        if runs and runs[-1][1] + 1 == low:
            runs[-1][1] = high
        else:
            runs.append([low, high])
    return "".join(f"\\U{a:08x}-\\U{b:08x}" if a != b else f"\\U{a:08x}" for a, b in runs)


@lru_cache(maxsize=1)
def _categories() -> tuple[tuple[str, int, int], ...]:
    """Runs of characters of one general category: (category, first, last)."""
    runs: list[tuple[str, int, int]] = []
    start, current = 0, "Cc"
    for code in range(1, _LAST_LETTER):
        category = unicodedata.category(chr(code))
        if category != current:
            runs.append((current, start, code - 1))
            start, current = code, category
    runs.append((current, start, _LAST_LETTER - 1))
    # Above: unassigned, tags (format), variation selectors (marks), private use.
    selectors = (0xE0100, 0xE01EF)
    runs.append(("Cn", _LAST_LETTER, selectors[0] - 1))
    runs.append(("Mn", *selectors))
    runs.append(("Co", selectors[1] + 1, sys.maxunicode))
    return tuple(runs)
