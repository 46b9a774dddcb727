"""Versions of Ruby gems, in the order of Gem::Version: a part in letters makes a pre-release, zeros at the end of the
numbers and of the whole do not count, `-` means `.pre.`.

A shorter version goes on with zeros without end. So that keys need no padding, each part other than 0 is put down
together with the zeros before it: letters pull a version below the shorter one, the less the later they come, numbers
lift it above, the less the later they come.
"""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.scan.versions.numbers import number

Key = tuple[tuple[int, int, int, str], ...]

_PART = re.compile(r"[0-9]+|[A-Za-z]+")
_END = (0, 0, 0, "")


@lru_cache(maxsize=1 << 17)
def key(version: str) -> Key:
    """Key of a version."""
    made: list[tuple[int, int, int, str]] = []
    zeros, letters = 0, False
    for part in _PART.findall(version.strip().partition("+")[0].replace("-", ".pre.")):
        if part[0].isdigit():
            value = number(part)
            if value:
                made.append((1, -zeros, value, ""))
                zeros = 0
            else:
                zeros += 1
            continue
        if not letters:
            # Zeros between the numbers and the first letters do not count.
            letters, zeros = True, 0
        made.append((-1, zeros, 0, part))
        zeros = 0
    made.append(_END)
    return tuple(made)
