"""What the detectors of managed groups ask for, looked for in everything a request holds with one scan.

Each field is read in the ways its `Views` says. All those texts are joined by NUL, which also stands for the beginning
and the end of a text in the patterns, and scanned at once: where nothing is found, no detector has to be asked, and
that is nearly every request. Otherwise the texts of each field are scanned, then one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from garrison.waf.rule_group import Detector
from garrison.waf.scan import Blobs, Scanner

if TYPE_CHECKING:
    from garrison.waf.plan import FieldPlan
    from garrison.waf.walk import Walk

Views = Callable[[list[bytes]], list[tuple[int, bytes]]]
"""(index of the value, a reading of it) for every reading that is worth a look."""

Found = list[tuple[int, bytes, frozenset[int]]]
"""(index of the value, the reading, ids of the patterns in it)."""


TOGETHER = 70
"""Patterns in one database. One for all is scanned a little faster, and takes three times as long to compile."""


class Source:
    """One field, read in one way, and the bits of what detectors ask for there."""

    __slots__ = ("bits", "field", "views")

    def __init__(self, field: FieldPlan, views: Views) -> None:
        self.field = field
        self.views = views
        self.bits: dict[int, int] = {}
        """By id of a pattern."""


class Screen:
    """All of them for one web ACL."""

    def __init__(self) -> None:
        self._sources: dict[tuple[int, Views], Source] = {}
        self._ids: dict[str, int] = {}
        self._bits: dict[tuple[Source, Detector], int] = {}
        self._parts: list[_Part] = []

    def source(self, field: FieldPlan, views: Views) -> Source:
        """The source for a field and a way of reading it."""
        key = (field.index, views)
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = Source(field, views)
        return source

    def add(self, source: Source, detector: Detector) -> tuple[int, frozenset[int]]:
        """(bit of the field that says that the detector has to be asked, ids of its patterns)."""
        ids = frozenset(self._ids.setdefault(bounded(pattern), len(self._ids)) for pattern in patterns_of(detector))
        bit = self._bits.get((source, detector))
        if bit is None:
            bit = self._bits[source, detector] = source.field.bit()
            for id_ in ids:
                source.bits[id_] = source.bits.get(id_, 0) | bit
        return bit, ids

    def finish(self, blobs: Blobs | None) -> None:
        """Compile the patterns: together for sources that share detectors, so that no scan looks for what none asks."""
        apart: list[tuple[set[int], list[Source]]] = []
        for source in self._sources.values():
            ids, sources = set(source.bits), [source]
            for other in [part for part in apart if not part[0].isdisjoint(ids)]:
                apart.remove(other)
                ids |= other[0]
                sources = other[1] + sources
            apart.append((ids, sources))
        by_id = {id_: pattern for pattern, id_ in self._ids.items()}
        for ids, sources in apart:
            ordered = [(id_, by_id[id_]) for id_ in sorted(ids)]
            databases = [Scanner(ordered[at : at + TOGETHER], blobs) for at in range(0, len(ordered), TOGETHER)]
            self._parts.append(_Part(sources, databases))

    def look(self, walk: Walk) -> tuple[Mapping[int, int], Mapping[Source, Found]]:
        """Bits by index of a field, and what was found by source."""
        bits: dict[int, int] = {}
        found: dict[Source, Found] = {}
        for part in self._parts:
            part.look(walk, bits, found)
        return bits, found


class _Part:
    """Sources that share detectors."""

    __slots__ = ("_databases", "_sources")

    def __init__(self, sources: list[Source], databases: list[Scanner]) -> None:
        self._sources = sources
        self._databases = databases

    def look(self, walk: Walk, bits: dict[int, int], found: dict[Source, Found]) -> None:
        texts: list[tuple[Source, list[tuple[int, bytes]]]] = []
        everything: list[bytes] = [b""]
        for source in self._sources:
            values = walk.values(source.field)
            if isinstance(values, bool):
                continue
            read = source.views(values)
            if read:
                texts.append((source, read))
                everything += [text for _, text in read]
        if not texts:
            return
        everything.append(b"")
        blob = b"\0".join(everything)
        databases = []
        hits: set[int] = set()
        for database in self._databases:
            if some := database.find(blob):
                databases.append(database)
                hits.update(some)
        if not hits:
            return
        for source, read in texts:
            if source.bits.keys().isdisjoint(hits):
                continue
            here = hits
            if len(texts) > 1 and len(read) > 1:
                here = _find(databases, b"\0".join((b"", *(text for _, text in read), b"")))
                if source.bits.keys().isdisjoint(here):
                    continue
            matched: Found = []
            seen = 0
            for index, text in read:
                ids = here if len(read) == len(texts) == 1 else _find(databases, b"\0" + text + b"\0")
                if ids and not source.bits.keys().isdisjoint(ids):
                    matched.append((index, text, frozenset(ids)))
                    for id_ in ids:
                        seen |= source.bits.get(id_, 0)
            if matched:
                found[source] = matched
                bits[source.field.index] = bits.get(source.field.index, 0) | seen


def _find(databases: list[Scanner], text: bytes) -> set[int]:
    hits: set[int] = set()
    for database in databases:
        hits.update(database.find(text))
    return hits


def patterns_of(detector: Detector) -> tuple[str, ...]:
    """What a detector must have in a value to be asked."""
    literals = ("(?i)" + "".join(f"\\x{byte:02x}" for byte in text) for text in detector.literals)
    return (*literals, *detector.patterns)


def bounded(pattern: str) -> str:
    """A pattern with NUL for the beginning and the end of a text."""
    out: list[str] = []
    in_class = False
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            pair = pattern[position : position + 2]
            out.append("\\x00" if pair in ("\\A", "\\Z", "\\z") else pair)
            position += 2
            continue
        if in_class:
            if char == "]":
                in_class = False
            out.append(char)
        elif char == "[":
            in_class = True
            out.append(char)
            if pattern[position + 1 : position + 2] == "^":
                out.append("^")
                position += 1
        elif char in "^$":
            out.append("\\x00")
        else:
            out.append(char)
        position += 1
    return "".join(out)
