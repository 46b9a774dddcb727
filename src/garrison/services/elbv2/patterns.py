"""The wildcards of rule conditions as regular expressions. `*` is any text, `?` any one character.

Source: Application Load Balancers guide, "Condition types for listener rules". A backslash before `*`, `?` or a
backslash takes it literally, in header and query conditions as documented, and elsewhere too (assumed).
"""

from __future__ import annotations

import re


def expression(pattern: str, *, any_character: str = ".") -> str:
    """The expression of a whole value. `any_character` is what wildcards stand for."""
    out = []
    i = 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\" and i + 1 < len(pattern) and pattern[i + 1] in "*?\\":
            out.append(re.escape(pattern[i + 1]))
            i += 2
            continue
        if c == "*":
            out.append(any_character + "*")
        elif c == "?":
            out.append(any_character)
        else:
            out.append(re.escape(c))
        i += 1
    return "".join(out)


def wildcards(pattern: str) -> int:
    """How many it has."""
    return len(re.findall(r"[*?]", re.sub(r"\\[*?\\]", "", pattern)))


def check_expression(pattern: str) -> bool:
    """Whether a user's own regular expression is one that every engine here takes."""
    if re.search(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|\(\?P?[<=]", pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
