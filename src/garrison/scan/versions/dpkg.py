"""Versions of Debian and its descendants: deb-version(7).

Epoch, upstream version and revision, in this order. Each of the two texts is compared piece by piece, a piece being
what is not digits and then digits; `~` sorts before the end of a piece, letters before everything else.
"""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.scan.versions.numbers import number

Text = tuple[str | int, ...]
Key = tuple[int, Text, Text]

_PIECE = re.compile(r"([^0-9]*)([0-9]*)")
_END = "\x01"
"""Ends a piece: after `~`, before every other character."""


class _Order(dict[int, str]):
    """Characters in dpkg's order: `~`, (end), letters, the rest."""

    def __missing__(self, char: int) -> str:
        letter = chr(char)
        if letter == "~":
            made = "\x00"
        elif letter.isascii() and letter.isalpha():
            made = letter
        else:
            made = chr(min(char + 256, 0x10FFFF))
        self[char] = made
        return made


_ORDER = _Order()


@lru_cache(maxsize=1 << 17)
def key(version: str) -> Key:
    """Key of a version; a text that is no version is compared as an upstream version."""
    epoch, colon, rest = version.strip().partition(":")
    if not (colon and epoch.isascii() and epoch.isdigit()):
        epoch, rest = "", version.strip()
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return number(epoch), _text(upstream), _text(revision)


def _text(text: str) -> Text:
    pieces: list[str | int] = []
    # A text with nothing in it is as good as "0".
    for other, digits in _PIECE.findall(text or "0"):
        if other or digits:
            pieces += (other.translate(_ORDER) + _END, number(digits))
    pieces.append(_END)
    return tuple(pieces)
