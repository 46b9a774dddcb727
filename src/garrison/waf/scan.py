"""All patterns of a web ACL in one scan of a value.

Patterns go into two hyperscan databases: those that depend on where a value starts or ends (`^`, `$`, `\\A`, ...), and
the others. Several values joined by NUL can be searched for the others at once: if none is found, none is in any of
them. A database is compiled once per set of patterns in a process; its serialised form can be kept elsewhere.
"""

from __future__ import annotations

import functools
import hashlib
import re
import threading
from collections.abc import MutableMapping, Sequence
from typing import Any

from garrison.waf.errors import MissingExtra

Hits = tuple[int, ...]
"""Ids of the patterns found in a value."""

Blobs = MutableMapping[str, bytes]
"""Serialised databases by content hash: a place that outlives the process."""

_REMEMBERED = 64
_databases: dict[str, Any] = {}
_locating = threading.Lock()
_lock = threading.Lock()

_ESCAPED = re.compile(r"\\[^AzZGQE]|\[\^")
_SINGLE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_ANCHOR = re.compile(r"[$^]|\\[AzZGQE]")


def is_anchored(pattern: str) -> bool:
    """Whether a pattern may depend on where a value starts or ends. Errs on the side of yes."""
    return _ANCHOR.search(_ESCAPED.sub("", pattern)) is not None


def forget() -> None:
    """Drop the databases this process has compiled: for measuring."""
    with _lock:
        _databases.clear()


def why_not(pattern: str) -> str | None:
    """What is wrong with a pattern in AWS WAF's dialect; None: nothing.

    Source: developer guide, "Supported regular expression syntax": PCRE without back-references, look-around, atomic
    groups, recursion, conditions, callouts, control verbs, `\\K`, `\\R`, `\\C`, and without what is too large. That is
    hyperscan's dialect, so that hyperscan is asked.
    """
    if _SINGLE_BYTE.search(pattern):  # hyperscan alone would take it
        return "\\C is not supported."
    hyperscan = _hyperscan()
    try:
        hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
            expressions=[pattern.encode()], ids=[0], flags=[hyperscan.HS_FLAG_ALLOWEMPTY]
        )
    except hyperscan.HyperscanError as e:
        return str(e) or "The pattern does not compile."
    return None


class Scanner:
    """One database, for any number of threads."""

    __slots__ = ("_database", "_local", "_scan", "_scratch", "ids", "size")

    def __init__(self, patterns: Sequence[tuple[int, str]], blobs: Blobs | None = None) -> None:
        """Compile (id, pattern) pairs. Raises `MissingExtra`, or ValueError naming a pattern that does not compile."""
        hyperscan = _hyperscan()
        self._database = _database(hyperscan, tuple(pattern for _, pattern in patterns), blobs)
        self.ids = tuple(id_ for id_, _ in patterns)
        self.size: int = self._database.size()
        self._scratch = hyperscan.Scratch
        self._local = threading.local()
        self._scan = self._database.scan

    def find(self, data: bytes) -> Hits:
        """Which patterns match somewhere in the data."""
        found: list[int] = []
        try:
            scratch = self._local.scratch
        except AttributeError:
            scratch = self._local.scratch = self._scratch(self._database)
        self._scan(data, match_event_handler=_on_match, context=found, scratch=scratch)
        if not found:
            return ()
        ids = self.ids
        return tuple({ids[index] for index in found})


def locate(pattern: str, data: bytes) -> tuple[int, int] | None:
    """Where a pattern first ends in the data, and from where it got there. For showing a match: slow the first time."""
    spans: list[tuple[int, int]] = []

    def on_match(index: int, start: int, end: int, flags: int, context: object) -> None:
        spans.append((start, end))

    with _locating:
        database = _telling_where(pattern)
        if database is not None:
            database.scan(data, match_event_handler=on_match)
    if not spans:
        return None
    start = min(span[0] for span in spans)
    return start, max(span[1] for span in spans if span[0] == start)


@functools.lru_cache(maxsize=1024)
def _telling_where(pattern: str) -> Any:
    """A database that knows where matches start. It takes tens of milliseconds to make: nobody may cause that twice."""
    hyperscan = _hyperscan()
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_ALLOWEMPTY
    try:
        database.compile(expressions=[pattern.encode()], ids=[0], flags=[flags])
    except hyperscan.HyperscanError:  # too large with the start of matches
        return None
    return database


def _on_match(index: int, start: int, end: int, flags: int, found: list[int]) -> None:
    found.append(index)


def _hyperscan() -> Any:
    try:
        import hyperscan
    except ImportError:
        raise MissingExtra("hyperscan") from None
    return hyperscan


def _database(hyperscan: Any, patterns: tuple[str, ...], blobs: Blobs | None) -> Any:
    key = hashlib.sha256("\0".join((hyperscan.__version__, *patterns)).encode()).hexdigest()
    with _lock:
        if (known := _databases.get(key)) is not None:
            return known
    database = _restored(hyperscan, key, blobs) or _compiled(hyperscan, patterns)
    if blobs is not None and key not in blobs:
        blobs[key] = hyperscan.dumpb(database)
    with _lock:
        while len(_databases) >= _REMEMBERED:
            del _databases[next(iter(_databases))]
        _databases[key] = database
    return database


def _restored(hyperscan: Any, key: str, blobs: Blobs | None) -> Any:
    if blobs is None or (blob := blobs.get(key)) is None:
        return None
    try:
        return hyperscan.loadb(blob, hyperscan.HS_MODE_BLOCK)
    except hyperscan.HyperscanError:  # made for another processor
        return None


def _compiled(hyperscan: Any, patterns: tuple[str, ...]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY
    try:
        database.compile(
            expressions=[pattern.encode() for pattern in patterns],
            ids=list(range(len(patterns))),
            flags=[flags] * len(patterns),
        )
    except hyperscan.HyperscanError as e:
        for pattern in patterns:
            if (reason := why_not(pattern)) is not None:
                raise ValueError(f"{pattern}: {reason}") from e
        raise ValueError(str(e)) from e
    return database
