"""Custom detection rules that accounts have associated, run over what arrives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from garrison.detect.context import Context
from garrison.detect.custom import Engine, rules, run
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall, Event
from garrison.services.guardduty.associated import associated
from garrison.store import Reader

Place = tuple[str, str]


class Rules:
    """By account and region. The engine that runs them is there once a rule is."""

    def __init__(self) -> None:
        self._ids: dict[Place, list[str]] = {}
        self._engine: Engine | None = None

    def load(self, reader: Reader, places: Iterable[Place], now: float) -> None:
        """Be up to date with associations. A dry run that ends meanwhile finds nothing any more by itself."""
        self._ids = {place: associated(reader, *place, now) for place in places}

    def look(self, place: Place, events: Sequence[Event], context: Context) -> list[Detection]:
        """What the rules of a place find in a batch of its events."""
        ids = self._ids.get(place)
        if not ids:
            return []
        calls = [event for event in events if isinstance(event, ApiCall)]
        if not any(f"'{call.name}'" in rules()[id].expression for call in calls for id in ids):
            return []
        if self._engine is None:
            self._engine = Engine()
        return run(self._engine, ids, calls, context)
