"""Versions of Composer packages (Packagist): numbers, a stability and its count.

dev < alpha < beta < RC < (stable) < patch, as PHP's `version_compare` and Composer's documentation have it. Branches
(`dev-main`) come before every number; `1.x-dev` is the end of its line.
"""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.scan.versions.numbers import number

Key = tuple[tuple[int, ...], int, tuple[int, ...], int, str]

_VERSION = re.compile(
    r"v?(?P<numbers>[0-9]+(?:[.][0-9]+)*)(?P<line>(?:\.[x*])+)?"
    r"(?:[._-]?(?P<stability>stable|alpha|beta|patch|rc|pl|a|b|p)(?P<count>(?:[.-]?[0-9]+)*))?"
    r"(?P<dev>[.-]?dev)?"
)
_UNKNOWN, _DEV, _ALPHA, _BETA, _RC, _STABLE, _PATCH = range(7)
_STABILITY = {
    "a": _ALPHA,
    "alpha": _ALPHA,
    "b": _BETA,
    "beta": _BETA,
    "rc": _RC,
    "stable": _STABLE,
    "p": _PATCH,
    "pl": _PATCH,
    "patch": _PATCH,
}
_LINE_END = 0x9999999


@lru_cache(maxsize=1 << 16)
def key(version: str) -> Key:
    """Key of a version; a text that is none sorts with the branches."""
    text = version.strip().lower().partition("+")[0].partition("#")[0].partition("@")[0]
    found = _VERSION.match(text)
    if found is None:
        return (), _UNKNOWN, (), 0, text
    numbers = [number(part) for part in found["numbers"].split(".")]
    if found["line"]:
        numbers += [_LINE_END] * max(1, 4 - len(numbers))
    while numbers and not numbers[-1]:
        numbers.pop()
    rest = text[found.end() :]
    stability = _STABILITY[found["stability"]] if found["stability"] else _UNKNOWN if rest else _STABLE
    count = tuple(number(part) for part in re.findall("[0-9]+", found["count"] or ""))
    if found["dev"]:
        return tuple(numbers), *((stability, count, -1) if found["stability"] else (_DEV, (), 0)), rest
    return tuple(numbers), stability, count, 0, rest
