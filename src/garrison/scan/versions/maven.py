"""Versions of Maven artifacts: the order of Maven's own `ComparableVersion` (Maven POM reference, "Version order").

Items are numbers, qualifiers and lists; a hyphen and each change between digits and letters opens a list. What means
nothing (0, ga, final, release) is dropped at the end of each list. The shorter list goes on with nothing, which is
neither a number nor a qualifier, so that there is no tuple that has this order: keys compare themselves.
"""

from __future__ import annotations

from functools import lru_cache, total_ordering

from garrison.scan.versions.numbers import number

Item = int | str | list["Item"]

_QUALIFIERS = {"alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "cr": 3, "snapshot": 4, "sp": 6}
_RELEASE = 5
_NOTHING = frozenset(["", "ga", "final", "release"])
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_UNKNOWN = 7


@total_ordering
class Key:
    """A version as nested lists."""

    __slots__ = ("items",)

    def __init__(self, items: list[Item]) -> None:
        self.items = items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and _lists(self.items, other.items) == 0

    def __lt__(self, other: Key) -> bool:
        return _lists(self.items, other.items) < 0

    __hash__ = None  # type: ignore[assignment]


@lru_cache(maxsize=1 << 16)
def key(version: str) -> Key:
    """Key of a version."""
    root: list[Item] = []
    opened = [root]
    part, digits = "", False

    def nest() -> None:
        inner: list[Item] = []
        opened[-1].append(inner)
        opened.append(inner)

    def close(followed_by_digit: bool = False) -> None:
        nonlocal part
        if not part:
            opened[-1].append(0)
        elif digits:
            opened[-1].append(number(part))
        else:
            if opened[-1] and len(opened) < _DEEPEST:
                nest()  # 1.0.x is 1.0-x
            opened[-1].append(_SHORT.get(part, part) if followed_by_digit else part)
        part = ""

    for char in version.strip().lower()[:_LONGEST]:
        if char in ".-":
            close()
            if char == "-" and len(opened) < _DEEPEST:
                nest()
            digits = False
        else:
            now = "0" <= char <= "9"
            if part and now != digits:
                close(followed_by_digit=now)
                if len(opened) < _DEEPEST:
                    nest()
            part, digits = part + char, now
    if part:
        close()
    for items in reversed(opened):
        _drop_nothing(items)
    return Key(root)


_DEEPEST = 64
"""Lists in lists; further hyphens of a hostile version count as dots."""
_LONGEST = 16384


def _drop_nothing(items: list[Item]) -> None:
    for at in range(len(items) - 1, -1, -1):
        item = items[at]
        if item == 0 or item == [] or (isinstance(item, str) and item in _NOTHING):
            del items[at]
        elif not isinstance(item, list):
            break
    if len(items) == 1 and isinstance(items[0], list):
        items[:] = items[0]


def _lists(one: list[Item], other: list[Item]) -> int:
    for at in range(max(len(one), len(other))):
        if at >= len(one):
            sign = -_to_nothing(other[at])
        elif at >= len(other):
            sign = _to_nothing(one[at])
        else:
            sign = _items(one[at], other[at])
        if sign:
            return sign
    return 0


def _items(one: Item, other: Item) -> int:
    if isinstance(one, list) and isinstance(other, list):
        return _lists(one, other)
    if isinstance(one, int) and isinstance(other, int):
        return (one > other) - (one < other)
    if isinstance(one, str) and isinstance(other, str):
        a, b = _qualifier(one), _qualifier(other)
        return (a > b) - (a < b)
    return 1 if _kind(one) > _kind(other) else -1


def _kind(item: Item) -> int:
    return 2 if isinstance(item, int) else 1 if isinstance(item, list) else 0


def _to_nothing(item: Item) -> int:
    if isinstance(item, int):
        return 1 if item else 0
    if isinstance(item, str):
        rank = _qualifier(item)[0]
        return (rank > _RELEASE) - (rank < _RELEASE)
    for inner in item:
        sign = _to_nothing(inner)
        if sign:
            return sign
    return 0


def _qualifier(text: str) -> tuple[int, str]:
    if text in _NOTHING:
        return _RELEASE, ""
    rank = _QUALIFIERS.get(text)
    return (_UNKNOWN, text) if rank is None else (rank, "")
