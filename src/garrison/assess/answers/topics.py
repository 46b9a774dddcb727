"""What questions can be of, and which topic one is of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources

import msgspec
import yaml

from garrison.assess.answers.figures import Shown
from garrison.assess.answers.words import has, listed, stems

_DATA = resources.files("garrison.assess.answers") / "data" / "topics.yaml"
Term = tuple[str, ...]
"""Words without endings that stand together."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    about: str
    all: tuple[tuple[str | tuple[str, ...], ...], ...]
    checks: tuple[str, ...]
    none: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    everything: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    absence: bool = False
    absent: tuple[str, ...] = ()
    figure: Shown | None = None
    whole: bool = False


class Topic(msgspec.Struct, frozen=True):
    """One topic, its words without endings."""

    id: str
    about: str
    checks: tuple[str, ...]
    groups: tuple[tuple[Term, ...], ...]
    """Each must have a term in the question."""
    against: tuple[Term, ...]
    """None may."""
    vocabulary: frozenset[str]
    """Every word that belongs to it."""
    more: frozenset[str]
    """Words that ask for more here, though elsewhere they ask for nothing."""
    everything: frozenset[str]
    """Kinds of things of which its checks look at all there are."""
    good: tuple[Term, ...]
    """A yes takes one of these, if there are any, or a figure of its kind."""
    bad: tuple[Term, ...]
    """What should not be."""
    absence: bool
    """Whether what its checks show is that something is not there or cannot be done: `Do root users have keys?` is
    then asked the other way round."""
    absent: tuple[Term, ...]
    """Its own words by which a question does away with what should not be."""
    figure: Shown | None
    """The value its checks stand for."""
    whole: bool
    """Whether its checks speak for every account of the organization."""

    def of(self, words: Sequence[str]) -> bool:
        """Whether a question is of this topic."""
        return all(any(has(words, term) for term in group) for group in self.groups) and not any(
            has(words, term) for term in self.against
        )


@cache
def topics() -> tuple[Topic, ...]:
    """All of them."""
    entries = msgspec.convert(yaml.safe_load(_DATA.read_bytes()), tuple[_Entry, ...])
    return tuple(_topic(entry) for entry in entries)


def _terms(texts: Iterable[str]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(tuple(stems(text)) for text in texts))


def _flat(group: Iterable[str | tuple[str, ...]]) -> Iterator[str]:
    for one in group:
        yield from (one,) if isinstance(one, str) else one


def _topic(entry: _Entry) -> Topic:
    groups = tuple(_terms(_flat(group)) for group in entry.all)
    others = _terms((*entry.words, *entry.absent, *entry.good, *entry.bad, entry.about))
    vocabulary = {word for term in (*(t for group in groups for t in group), *others) for word in term}
    more = {word for term in _terms(entry.more) for word in term}
    return Topic(
        entry.id, entry.about, entry.checks, groups, _terms(entry.none), frozenset(vocabulary - more), frozenset(more),
        frozenset(word for term in _terms(entry.everything) for word in term),
        _terms(entry.good), _terms(entry.bad), entry.absence, _terms(entry.absent), entry.figure, entry.whole,
    )  # fmt: skip


def find(words: Sequence[str]) -> Topic | None:
    """The topic of a question; None: of none.

    Of several it is the one that accounts for most of the words; then that with most groups, then the best by full-text
    rank.
    """
    if any(has(words, term) for term in listed("elsewhere")):
        return None
    found = [topic for topic in topics() if topic.of(words)]
    if len(found) < 2:
        return found[0] if found else None
    ranked = _ranks(found, words)
    return min(found, key=lambda topic: (_unknown(topic, words), -len(topic.groups), ranked.get(topic.id, len(found))))


def _unknown(topic: Topic, words: Sequence[str]) -> int:
    return len({word for word in words if word not in topic.vocabulary})


def _ranks(found: Sequence[Topic], words: Sequence[str]) -> dict[str, int]:
    """BM25 over what the topics say of themselves."""
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, text, tokenize='ascii')")
        db.executemany("INSERT INTO t VALUES (?, ?)", [(t.id, " ".join(sorted(t.vocabulary))) for t in found])
        query = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        rows = db.execute("SELECT id FROM t WHERE t MATCH ? ORDER BY rank, id", (query,)).fetchall()
    return {row[0]: n for n, row in enumerate(rows)}
