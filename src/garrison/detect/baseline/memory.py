"""What was seen before: `context.Memory` over whatever keeps rows.

Scopes are read from the storage when first asked about, and kept. What was learned is handed to the storage by
`flush`, inside the transaction that also moves the offsets of what was read: after a crash both are as they were.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from garrison.aws.generations import Generations

DAY = 86400.0
QUARANTINE = 14 * DAY
"""After which what was part of a finding counts as known, as nobody objected to it by then."""
LEARNING = 7 * DAY
"""For which nothing is said of a new account. AWS's own documentation speaks of 7 to 14 days."""
_HOURS = 24
"""Hours with something in them, from which on volumes are judged."""
_ALPHA = 2 / (24 * 7 + 1)
_NARROWEST = 0.25
"""Of the spread of log1p amounts: steady series would find a tenth more remarkable."""
_CLIP = 3.0
"""Spreads above the level, beyond which an hour teaches no more: one burst is no habit."""
_MOST_SCOPES = 100_000
_USUAL = 200_000

_BORN, _SUSPECT, _SERIES, _HOUR = "", "?", "~", "^"


class Row(msgspec.Struct):
    """What is kept of one value."""

    scope: str
    kind: str
    value: str
    first: float
    """Seconds since 1970, as `last`. Of a series' running hour: hours since 1970."""
    last: float
    n: int
    level: float = 0.0
    """Of a series: what is usual of log1p(amount). Of its running hour: the amount."""
    spread: float = 0.0
    """Of a series: how far amounts are from that, in the mean."""


class MemoryStorage(Protocol):
    """Keeps rows, by (scope, kind, value)."""

    def read(self, scope: str) -> Iterable[Row]:
        """All rows of a scope."""
        ...

    def write(self, rows: Sequence[Row]) -> None:
        """Puts rows in the place of those with the same scope, kind and value."""
        ...


class NoStorage:
    """For a memory that lasts as long as its process."""

    def read(self, scope: str) -> Iterable[Row]:
        return ()

    def write(self, rows: Sequence[Row]) -> None:
        pass


class Remembered:
    """`context.Memory`. Not for several threads at once."""

    def __init__(self, storage: MemoryStorage | None = None) -> None:
        self._storage = storage or NoStorage()
        self._lasting = storage is not None
        self._scopes: dict[str, dict[tuple[str, str], Row]] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._changed: dict[tuple[str, str, str], Row] = {}
        self.usual: Generations[tuple[object, ...], bool] = Generations(_USUAL)

    def first(self, scope: str, kind: str, value: str, time: float) -> bool:
        row = self._rows(scope).get((kind, value))
        new = (row is None or row.first >= time) and not self._acquitted(scope, kind, value, time)
        self.learn(scope, kind, value, time)
        return new

    def known(self, scope: str, kind: str, value: str, time: float) -> bool:
        row = self._rows(scope).get((kind, value))
        return (row is not None and row.first <= time) or self._acquitted(scope, kind, value, time)

    def _acquitted(self, scope: str, kind: str, value: str, time: float) -> bool:
        row = self._rows(scope).get((_SUSPECT + kind, value))
        return row is not None and row.first + QUARANTINE <= time

    def learn(self, scope: str, kind: str, value: str, time: float) -> None:
        self._touch(scope, _BORN, _BORN, time)
        self._touch(scope, kind, value, time)

    def quarantine(self, scope: str, kind: str, value: str, time: float) -> None:
        self._touch(scope, _BORN, _BORN, time)
        self._touch(scope, _SUSPECT + kind, value, time)

    def age(self, scope: str, time: float) -> float:
        born = self._rows(scope).get((_BORN, _BORN))
        return max(0.0, time - born.first) if born is not None else 0.0

    def count(self, scope: str, kind: str) -> int:
        self._rows(scope)
        return self._counts.get((scope, kind), 0)

    def times(self, scope: str, kind: str, value: str) -> int:
        row = self._rows(scope).get((kind, value))
        return row.n if row is not None else 0

    def volume(self, scope: str, kind: str, time: float, amount: float) -> float:
        self._touch(scope, _BORN, _BORN, time)
        rows, hour = self._rows(scope), math.floor(time / 3600)
        series, running = rows.get((_SERIES, kind)), rows.get((_HOUR, kind))
        if running is None or hour > running.first:
            if running is not None:
                series = self._learn_hour(scope, kind, series, running.level)
            self._put(scope, Row(scope, _HOUR, kind, hour, time, 1, amount))
        elif hour == running.first and amount > running.level:
            self._put(scope, Row(scope, _HOUR, kind, hour, time, running.n + 1, amount))
        if series is None or series.n < _HOURS or self.age(scope, time) < LEARNING:
            return math.nan
        return 0.6745 * (math.log1p(amount) - series.level) / max(series.spread, _NARROWEST)

    def flush(self) -> None:
        """Hand to the storage what was learned since."""
        if self._changed:
            self._storage.write(list(self._changed.values()))
            self._changed.clear()
        if self._lasting and len(self._scopes) > _MOST_SCOPES:
            self._scopes.clear()
            self._counts.clear()

    def forget(self) -> None:
        """Drop what was learned since the last flush: what it was learned from is going to be read again."""
        for scope, _, _ in self._changed:
            for kind, _ in self._scopes.pop(scope, {}):
                self._counts.pop((scope, kind), None)
        self._changed.clear()
        self.usual.clear()

    def _learn_hour(self, scope: str, kind: str, series: Row | None, amount: float) -> Row:
        x = math.log1p(amount)
        if series is None:
            series = Row(scope, _SERIES, kind, 0, 0, 1, x, 0.0)
        else:
            if series.n >= _HOURS:
                x = min(x, series.level + _CLIP * max(series.spread, _NARROWEST))
            alpha = max(1 / (series.n + 1), _ALPHA)
            off = x - series.level
            level, spread = series.level + alpha * off, series.spread + alpha * (abs(off) - series.spread)
            series = Row(scope, _SERIES, kind, 0, 0, series.n + 1, level, spread)
        self._put(scope, series)
        return series

    def _touch(self, scope: str, kind: str, value: str, time: float) -> None:
        row = self._rows(scope).get((kind, value))
        if row is None:
            self._put(scope, Row(scope, kind, value, time, time, 1))
        elif time < row.first or time > row.last:
            row.first, row.last, row.n = min(row.first, time), max(row.last, time), row.n + 1
            self._changed[scope, kind, value] = row

    def _put(self, scope: str, row: Row) -> None:
        rows = self._rows(scope)
        key = (row.kind, row.value)
        if key not in rows:
            self._counts[scope, row.kind] = self._counts.get((scope, row.kind), 0) + 1
        rows[key] = row
        self._changed[scope, row.kind, row.value] = row

    def _rows(self, scope: str) -> dict[tuple[str, str], Row]:
        rows = self._scopes.get(scope)
        if rows is None:
            rows = self._scopes[scope] = {}
            for row in self._storage.read(scope):
                rows[row.kind, row.value] = row
                self._counts[scope, row.kind] = self._counts.get((scope, row.kind), 0) + 1
        return rows
