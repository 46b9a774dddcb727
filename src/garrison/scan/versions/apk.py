"""Versions of Alpine and its relatives: `1.2.3a_rc1-r0`.

Numbers, at most one letter, suffixes, a commit hash, a revision. A suffix of a pre-release sorts before the end, all
else after it. A later number with a leading zero is a fraction: compared as text, before all numbers without one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.scan.versions.numbers import number

Key = tuple[int | str, ...]

_BEFORE = ("alpha", "beta", "pre", "rc")
_AFTER = ("cvs", "svn", "git", "hg", "p")
_PRE, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _POST, _LETTER, _FRACTION, _NUMBER, _UNKNOWN = range(10)
_TOKEN = re.compile(
    r"\.?(?P<number>[0-9]+)|(?P<letter>[a-z])(?![a-z])|_(?P<suffix>[a-z]+)(?P<count>[0-9]*)"
    r"|~(?P<hash>[0-9a-f]+)|-r(?P<revision>[0-9]+)$"
)


@lru_cache(maxsize=1 << 17)
def key(version: str) -> Key:
    """Key of a version. From the first character that fits nowhere on, the rest is text and sorts last."""
    made: list[int | str] = []
    text = version.strip()
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            made += (_UNKNOWN, text[at:])
            break
        kind = found.lastgroup
        if kind == "number":
            digits = found["number"]
            made += (_FRACTION, digits) if made and digits[0] == "0" else (_NUMBER, number(digits))
        elif kind == "letter":
            made += (_LETTER, found["letter"])
        elif kind == "hash":
            made += (_HASH, found["hash"])
        elif kind == "revision":
            made += (_REVISION, number(found["revision"]))
        else:
            suffix, count = found["suffix"], found["count"]
            if suffix in _BEFORE:
                made += (_PRE, _BEFORE.index(suffix))
            elif suffix in _AFTER:
                made += (_POST, _AFTER.index(suffix))
            else:
                made += (_UNKNOWN, text[at:])
                break
            if count:
                made += (_SUFFIX_NUMBER, number(count))
        at = found.end()
    made.append(_END)
    return tuple(made)
