"""Texts as words: lower case, without endings, so that `rotated` and `rotation` meet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources

import yaml

_LISTS = resources.files("garrison.assess.answers") / "data" / "words.yaml"
_WORD = re.compile(r"[a-z]+[0-9]?[a-z]*|[0-9]+")
_ENDINGS = (
    *("ion", "ity", "ment", "ively", "ably", "edly", "ingly", "ing", "ied", "ely", "ed"),
    *("ly", "er", "al", "e", "y"),
)
_SIGN_IN = re.compile(
    r"\b(?:log|sign)(?:s|ged|ging|ed|ing)?[ -]?(?:in|ins|into|on|ons)\b(?! (?:a|an|all|every|each|one)\b)"
)
"""Who logs in writes no log, and who signs in signs nothing."""
_SHORT = frozenset(
    ("mfa", "kms", "cmk", "scp", "rcp", "iam", "api", "baa", "use", "root", "log", "all", "new", "old", "owner", "none")
)


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word without its endings."""
    if word in _SHORT or word.isdigit():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    while (shorter := _without_ending(word)) != word:
        word = shorter
    return word


def _without_ending(word: str) -> str:
    if word in _SHORT:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            left = word[: -len(ending)]
            doubled = ending in ("ed", "ing", "er") and left[-1] == left[-2] and left[-1] not in "aeiousl"
            return left[:-1] if doubled else left
    return word


def stems(text: str) -> list[str]:
    """The words of a text, in their order, without endings. Hyphens part words."""
    plain = _SIGN_IN.sub("login", text.lower().replace("'s", "").replace("n't", " not"))
    return [stem(word) for word in _WORD.findall(plain)]


def has(words: Sequence[str], term: Sequence[str]) -> bool:
    """Whether a term (one stem, or several) stands in a text's words."""
    if term[0] not in words:
        return False
    n = len(term)
    return n == 1 or any(tuple(words[i : i + n]) == tuple(term) for i in range(len(words) - n + 1))


@cache
def listed(name: str) -> tuple[tuple[str, ...], ...]:
    """One of the lists in `data/words.yaml`: terms, without endings."""
    return tuple(tuple(stems(term)) for term in yaml.safe_load(_LISTS.read_bytes())[name])


@cache
def single(name: str) -> frozenset[str]:
    """The words of such a list."""
    return frozenset(word for term in listed(name) for word in term)
