"""Whether a name looks as if people had made it: by which three letters follow each other in it.

A generator's letters are as likely as any others; people's are not. One name tells little (about half of generators'
names look it at one false alarm in a hundred), ten of one host tell nearly all, except of generators that put
dictionary words together: those cannot be told this way.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections import Counter
from importlib import resources

SIZE = 28
"""Symbols: the border of a word, a to z, and one for all digits."""
SCALE = 16.0
_DIGIT = 27
FILE = "trigrams.bin"


def symbols(word: str) -> list[int]:
    """A word's letters as numbers, within borders."""
    return [0, *(ord(c) - 96 if "a" <= c <= "z" else 27 if c.isdigit() else 0 for c in word), 0]


@functools.cache
def _table() -> tuple[float, ...]:
    data = zlib.decompress(resources.files(__package__).joinpath(FILE).read_bytes())
    return tuple((value - 256 if value > 127 else value) / SCALE for value in data)


@functools.lru_cache(maxsize=65536)
def likeness(label: str) -> float:
    """Nats a letter, by which it is likelier in people's names than by chance: about 1 of words, below 0 of noise."""
    table, coded = _table(), symbols(label)
    scores = [
        table[(a * SIZE + b) * SIZE + c] if (a, b, c).count(_DIGIT) < 2 else 0.0  # numbers are as good as chance
        for a, b, c in zip(coded, coded[1:], coded[2:], strict=False)
        if (a, b) != (0, 0) and (b, c) != (0, 0)
    ]
    return sum(scores) / len(scores) if scores else 0.0


def entropy(text: str) -> float:
    """Bits a character."""
    if not text:
        return 0.0
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


@functools.cache
def _extract() -> object:
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@functools.lru_cache(maxsize=65536)
def registrable(name: str) -> tuple[str, str]:
    """A name's registrable domain and its label in it (`example.co.uk`, `example`), by the public suffix list that
    comes with tldextract: nothing is fetched. ("", "") where there is none."""
    found = _extract()(name)  # type: ignore[operator]
    if not found.domain or not found.suffix:
        return "", ""
    return f"{found.domain}.{found.suffix}", found.domain
