"""Versions of RPM distributions: rpm-version(7), `[epoch:]version[-release]`.

Runs of digits and runs of letters count, what stands between them does not. `~` sorts before the end, `^` right after
it, a number after letters.
"""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.scan.versions.numbers import number

Text = tuple[int | str, ...]
Key = tuple[int, Text, Text]

_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")
_TILDE, _END, _CARET, _LETTERS, _NUMBER = range(5)


@lru_cache(maxsize=1 << 17)
def key(version: str) -> Key:
    """Key of a version. One without a release sorts before all its releases; see `without_release`."""
    epoch, colon, rest = version.strip().partition(":")
    if not (colon and epoch.isascii() and epoch.isdigit()):
        epoch, rest = "", version.strip()
    number_, dash, release = rest.partition("-")
    return number(epoch), text(number_), text(release) if dash else ()


def without_release(version: str) -> str:
    """`1:2.3` of `1:2.3-4`: rpm compares releases only when both sides have one."""
    return version.partition("-")[0]


def text(text: str) -> Text:
    """Key of a version or release alone, in the order of `rpmvercmp`."""
    made: list[int | str] = []
    for segment in _SEGMENT.findall(text):
        if segment == "~":
            made += (_TILDE, 0)
        elif segment == "^":
            made += (_CARET, 0)
        elif segment[0].isdigit():
            made += (_NUMBER, number(segment))
        else:
            made += (_LETTERS, segment)
    made.append(_END)
    return tuple(made)
