"""What questions can be of, and which topic one is of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources

import msgspec
import yaml

from garrison.assess.answers.words import has, listed, stems

_DATA = resources.files("garrison.assess.answers") / "data" / "topics.yaml"


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    about: str
    all: tuple[tuple[str, ...], ...]
    checks: tuple[str, ...]
    none: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    absence: bool = False
    absent: tuple[str, ...] = ()


class Topic(msgspec.Struct, frozen=True):
    """One topic, its words without endings."""

    id: str
    about: str
    checks: tuple[str, ...]
    groups: tuple[tuple[tuple[str, ...], ...], ...]
    """Each must have a term in the question."""
    against: tuple[tuple[str, ...], ...]
    """None may."""
    vocabulary: frozenset[str]
    """Every word that belongs to it."""
    numbers: frozenset[str]
    absence: bool
    """Whether what its checks show is that something is not there or cannot be done: `Do root users have keys?` is
    then asked the other way round, and is told the facts without a yes or no."""
    absent: tuple[tuple[str, ...], ...] = ()
    """Its own words by which a question says that it should be absent."""

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


def _topic(entry: _Entry) -> Topic:
    groups = tuple(tuple(tuple(stems(term)) for term in group) for group in entry.all)
    own = {word for group in groups for term in group for word in term}
    more = {word for text in (*entry.words, *entry.absent, entry.about) for word in stems(text)}
    return Topic(
        entry.id, entry.about, entry.checks, groups, tuple(tuple(stems(term)) for term in entry.none),
        frozenset(own | more), frozenset(map(str, entry.numbers)), entry.absence,
        tuple(tuple(stems(term)) for term in entry.absent),
    )  # fmt: skip


def find(words: Sequence[str]) -> Topic | None:
    """The topic of a question: of several, that with most groups, then the best by full-text rank; None: of none."""
    if any(has(words, term) for term in listed("elsewhere")):
        return None
    found = [topic for topic in topics() if topic.of(words)]
    if len(found) < 2:
        return found[0] if found else None
    most = max(len(topic.groups) for topic in found)
    best = [topic for topic in found if len(topic.groups) == most]
    return best[0] if len(best) == 1 else _ranked(best, words)


def _ranked(found: Iterable[Topic], words: Sequence[str]) -> Topic:
    """BM25 over what the topics say of themselves."""
    by_id = {topic.id: topic for topic in found}
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, text, tokenize='ascii')")
        db.executemany("INSERT INTO t VALUES (?, ?)", [(t.id, " ".join(sorted(t.vocabulary))) for t in by_id.values()])
        query = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        row = db.execute("SELECT id FROM t WHERE t MATCH ? ORDER BY rank, id LIMIT 1", (query,)).fetchone()
    return by_id[row[0]] if row is not None else next(iter(by_id.values()))
