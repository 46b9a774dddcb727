"""Which way round a question asks: for what the checks show, for its opposite, or neither for sure.

A topic's checks show that something good is so (`MFA is on`) or that something bad is not (`no key is public`). A yes
may be said only where the question asks for just that. Negations are counted, and so are the words that do away with
what should not be (`prevent`, `remove`): one of the two turns a bad thing into a good one, both together or more of
them are not understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from garrison.assess.answers.asked import Asked
from garrison.assess.answers.topics import Term, Topic
from garrison.assess.answers.words import has, listed


class Way(StrEnum):
    """How a question stands to what its topic's checks show."""

    SAME = "SAME"
    OPPOSITE = "OPPOSITE"
    UNSURE = "UNSURE"


def way(topic: Topic, asked: Asked) -> Way:
    """Which way round it asks."""
    words: Sequence[str] = asked.words
    if asked.tail:
        # `through groups rather than directly`: what it sets itself off from must be what should not be.
        if not topic.of(asked.head) or not _any(asked.tail, topic.bad):
            return Way.UNSURE
        words = asked.head
    own = {word for term in (*topic.bad, *(t for group in topic.groups for t in group)) for word in term}
    ours = own | {word for term in topic.absent for word in term}
    if _any(words, [term for term in listed("turning") if not set(term) <= ours | topic.vocabulary]):
        return Way.UNSURE
    if topic.good and not _any(words, topic.good) and not (topic.figure and asked.figures):
        return Way.UNSURE
    negations = _negations(words, [term for term in listed("negation") if not set(term) <= ours])
    if not (topic.absence or asks_of_the_bad(topic, words)):
        return Way.UNSURE if negations else Way.SAME
    away = [*topic.absent, *(term for term in listed("averting") if not set(term) <= own)]
    if _any(words, away):
        return Way.SAME if not negations or (negations == 1 and _so_that(words, away)) else Way.UNSURE
    if negations:
        return Way.SAME if negations == 1 else Way.UNSURE
    existing = _any(words, listed("existing")) or _any(words[:1], listed("beginning"))
    plainly = existing and not _any(words, listed("hedging"))
    return Way.OPPOSITE if topic.absence and plainly else Way.UNSURE


def _so_that(words: Sequence[str], away: Sequence[Term]) -> bool:
    """`Restricted so that nobody can`: the negation says what the restriction is for."""
    at = next((i for i in range(len(words)) if tuple(words[i : i + 2]) in (("so", "that"), ("such", "that"))), None)
    return at is not None and _any(words[:at], away) and not _negations(words[:at], listed("negation"))


def asks_of_the_bad(topic: Topic, words: Sequence[str]) -> bool:
    """Whether a question names what should not be."""
    return _any(words, topic.bad)


def _any(words: Sequence[str], terms: Sequence[Term]) -> bool:
    return any(has(words, term) for term in terms)


def _negations(words: Sequence[str], terms: Sequence[Term]) -> int:
    """How many there are: of terms that begin at the same word, the longest counts."""
    found, i = 0, 0
    while i < len(words):
        length = max((len(term) for term in terms if tuple(words[i : i + len(term)]) == term), default=0)
        found += bool(length)
        i += max(length, 1)
    return found
