"""`*` and `?`, matched without regular expressions.

A pattern is a tuple of tokens: literal text, `ANY` (`*`: any run, of `/`, `:` and newlines too) and `ONE` (`?`: any one
character). Text that came from a variable is a literal token whatever it contains, so a `*` inside a tag value is no
wildcard. Between two `*` the leftmost fit is always good enough, so there is nothing to go back for: matching never
takes more than (text length x pattern length) steps, on any input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache


class Wild(Enum):
    """A wildcard of the policy language."""

    ANY = "*"
    ONE = "?"


ANY = Wild.ANY
ONE = Wild.ONE

Token = str | Wild
Matcher = Callable[[str], bool]


def tokens(pattern: str) -> tuple[Token, ...]:
    """The tokens of a pattern as written: `*` and `?` are wildcards."""
    found: list[Token] = []
    start = 0
    for at, character in enumerate(pattern):
        if character in "*?":
            found += [pattern[start:at], Wild(character)]
            start = at + 1
    return joined([*found, pattern[start:]])


def joined(parts: Sequence[Token]) -> tuple[Token, ...]:
    """The same pattern with neighbouring literals joined, empty ones gone, and `**` as `*`."""
    found: list[Token] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, str) and isinstance(last, str):
            found[-1] = last + part
        elif part != "" and not (part is ANY and last is ANY):
            found.append(part)
    return tuple(found)


@lru_cache(maxsize=8192)
def matcher(pattern: tuple[Token, ...]) -> Matcher:
    """Compile joined tokens into a function of the text. The common shapes get the string methods they amount to."""
    match pattern:
        case ():
            return "".__eq__
        case (str() as only,):
            return only.__eq__
        case (Wild.ANY,):
            return lambda text: True
        case (str() as head, Wild.ANY):
            return lambda text: text.startswith(head)
        case (Wild.ANY, str() as tail):
            return lambda text: text.endswith(tail)
        case (str() as head, Wild.ANY, str() as tail):
            least = len(head) + len(tail)
            return lambda text: len(text) >= least and text.startswith(head) and text.endswith(tail)
    return _general(pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether `text` fits `pattern`, `*` and `?` being wildcards."""
    return matcher(tokens(pattern))(text)


class _Chunk:
    """What stands between two `*`: literals at fixed distances, with holes where `?` stood."""

    __slots__ = ("length", "pieces")

    def __init__(self, parts: Sequence[Token]) -> None:
        self.pieces: list[tuple[int, str]] = []
        self.length = 0
        for part in parts:
            if isinstance(part, str):
                self.pieces.append((self.length, part))
                self.length += len(part)
            else:
                self.length += 1

    def fits(self, text: str, at: int) -> bool:
        """Whether the chunk fits with its first character at `at` (the caller sees to the length)."""
        return all(text.startswith(literal, at + offset) for offset, literal in self.pieces)

    def find(self, text: str, start: int, end: int) -> int:
        """The leftmost place in `text[start:end]` where the chunk fits, or -1."""
        if not self.pieces:
            return start if start + self.length <= end else -1
        offset, literal = self.pieces[0]
        at = text.find(literal, start + offset, end) - offset
        while at >= start and at + self.length <= end:
            if self.fits(text, at):
                return at
            at = text.find(literal, at + offset + 1, end) - offset
        return -1


def _general(pattern: tuple[Token, ...]) -> Matcher:
    groups: list[list[Token]] = [[]]
    for token in pattern:
        if token is ANY:
            groups.append([])
        else:
            groups[-1].append(token)
    head, *middle, tail = [_Chunk(group) for group in groups] if len(groups) > 1 else [_Chunk(groups[0]), _Chunk(())]
    open_ended = len(groups) > 1
    least = head.length + tail.length

    def match(text: str) -> bool:
        if (len(text) < least) if open_ended else (len(text) != least):
            return False
        end = len(text) - tail.length
        if not (head.fits(text, 0) and tail.fits(text, end)):
            return False
        at = head.length
        for chunk in middle:
            found = chunk.find(text, at, end)
            if found < 0:
                return False
            at = found + chunk.length
        return True

    return match
