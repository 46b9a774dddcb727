"""Custom detection rules that accounts have associated: over what arrives, the operator's own over windows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from garrison.detect.context import Context
from garrison.detect.custom import Engine, own_rules, rules, run, run_windows
from garrison.detect.detection import Detection
from garrison.detect.engine import Spanned
from garrison.detect.events import ApiCall, Event
from garrison.services.guardduty.associated import associated
from garrison.store import Reader

Place = tuple[str, str]


class Rules:
    """By account and region. The engine that runs them is there once a rule is."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` has the operator's own."""
        self._folder = folder
        self._ids: dict[Place, list[str]] = {}
        self._engine: Engine | None = None

    def load(self, reader: Reader, places: Iterable[Place], now: float) -> None:
        """Be up to date with associations. A dry run that ends meanwhile finds nothing any more by itself."""
        self._ids = {place: associated(reader, *place, now) for place in places}

    def look(self, place: Place, events: Sequence[Event], context: Context) -> list[Detection]:
        """What the rules of a place find in a batch of its events."""
        ids = [id for id in self._ids.get(place, ()) if id in rules()]
        if not ids:
            return []
        calls = [event for event in events if isinstance(event, ApiCall)]
        if not any(f"'{call.name}'" in rules()[id].expression for call in calls for id in ids):
            return []
        return run(self._open(), ids, calls, context)

    def windows(
        self, place: Place, tables: Spanned, first: float, now: float, fresh: Set[str], context: Context
    ) -> list[Detection]:
        """What the operator's own rules find in a place from `first` to `now`."""
        own = own_rules(self._folder)
        wanted = [own[id] for id in self._ids.get(place, ()) if id in own]
        return run_windows(self._open(), wanted, tables, first, now, fresh, context) if wanted else []

    def _open(self) -> Engine:
        if self._engine is None:
            self._engine = Engine()
        return self._engine
