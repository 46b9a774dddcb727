"""All detectors, each with the finding types it raises and what it reads.

A family of findings is one file in `detectors/`. A detector of single events is a function, asked as each event
arrives; one of windows is a function asked over tables of what arrived lately. Importing `garrison.detect.detectors`
fills the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from garrison.detect.detection import Detection

if TYPE_CHECKING:
    from garrison.detect.context import Context
    from garrison.detect.tables import Tables

EventFunction = Callable[[Any, "Context"], Iterable[Detection]]
WindowFunction = Callable[["Tables", "Context"], Iterable[Detection]]
_E = TypeVar("_E", bound=EventFunction)
_W = TypeVar("_W", bound=WindowFunction)


class EventDetector(msgspec.Struct, frozen=True):
    """Asked of every event of one kind."""

    name: str
    types: tuple[str, ...]
    reads: type[Any]
    """One of the classes in `events`."""
    function: EventFunction
    names: frozenset[str] | None = None
    """Of `ApiCall`: event names (`PutBucketPolicy`) it wants to see; None: all. It keeps the hot path short."""


class WindowDetector(msgspec.Struct, frozen=True):
    """Asked every few seconds over what arrived, through ibis expressions."""

    name: str
    types: tuple[str, ...]
    reads: tuple[str, ...]
    """Tables: `api`, `flow`, `dns`, `kubernetes`, `login`, `web`."""
    function: WindowFunction
    window: float
    """Seconds of history it needs to see."""


EVENT_DETECTORS: list[EventDetector] = []
WINDOW_DETECTORS: list[WindowDetector] = []


def on_event(reads: type[Any], *types: str, names: Iterable[str] | None = None) -> Callable[[_E], _E]:
    """Registers a function of one event; `names` as in `EventDetector.names`."""

    def add(function: _E) -> _E:
        wanted = frozenset(names) if names is not None else None
        EVENT_DETECTORS.append(EventDetector(function.__name__, types, reads, function, wanted))
        return function

    return add


def on_window(*types: str, reads: tuple[str, ...], window: float) -> Callable[[_W], _W]:
    """Registers a function of tables, which sees `window` seconds of history."""

    def add(function: _W) -> _W:
        WINDOW_DETECTORS.append(WindowDetector(function.__name__, types, reads, function, window))
        return function

    return add
