"""The accounts and regions that are watched, each with its detectors' surroundings.

Events of global services (IAM, CloudFront, ...) are recorded in one region, and count in every region in which the
account has a detector. Source: GuardDuty user guide, "Foundational data sources": GuardDuty consumes global events in
every region.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec

from garrison.detect.context import Memory
from garrison.detect.detection import Detection
from garrison.detect.engine import Engine, Spanned, time_of
from garrison.detect.events import ApiCall, Event
from garrison.detect.place import Locator, nowhere
from garrison.detect.surroundings import Surroundings
from garrison.sensor.known import Known
from garrison.sensor.rules import Rules
from garrison.services.guardduty.intel import intel
from garrison.services.guardduty.resources import DETECTOR
from garrison.services.guardduty.watched import Watched, watched
from garrison.store import Reader

log = logging.getLogger("garrison.sensor")

_GLOBAL = frozenset(
    ("account", "artifact", "cloudfront", "globalaccelerator", "iam", "organizations", "route53", "shield", "signin")
)

Place = tuple[str, str]
"""Account, region."""


class Places:
    """What is watched, as the store says."""

    def __init__(
        self,
        memory: Memory,
        tell: Callable[[Detection], None],
        known: Known,
        locate: Locator = nowhere,
        rules: Path | None = None,
        *,
        everywhere: bool = False,
    ) -> None:
        """`rules`: the folder of the operator's own detection rules. `everywhere`: lists count for addresses that are
        not of the internet, too."""
        self._everywhere = everywhere
        self._known = known
        self._locate = locate
        self._memory = memory
        self._tell = tell
        self.engines: dict[Place, Engine] = {}
        self._rules = Rules(rules)
        self._since: dict[Place, float] = {}

    def load(self, reader: Reader, now: float) -> None:
        """Be up to date with detectors, lists and custom rules."""
        found = watched(reader)
        self._rules.load(reader, [(one.account, one.region) for one in found], now)
        accounts = frozenset(one.account for one in found)
        self._since = {(one.account, one.region): _created(reader, one) for one in found}
        self.engines = {
            (one.account, one.region): Engine(
                Surroundings(
                    self._memory,
                    intel=intel(reader, one.account, one.region, everywhere=self._everywhere),
                    accounts=accounts,
                    place=self._locate,
                    known=partial(self._known, one.account),
                ),
                self._tell,
            )
            for one in found
        }

    def events(self, events: Iterable[Event]) -> list[Event]:
        """Those that are of a place that is watched, since it is; one of a global service in each of them."""
        kept: list[Event] = []
        for event in events:
            for account, region in self._places(event):
                if time_of(event) >= self._since[account, region]:
                    kept.append(event if event.region == region else msgspec.structs.replace(event, region=region))
        return kept

    def _places(self, event: Event) -> list[Place]:
        if type(event) is ApiCall and event.source in _GLOBAL:
            return [place for place in self._since if place[0] == event.account]
        place = (event.account, event.region)
        return [place] if place in self._since else []

    def look(self, events: Iterable[Event]) -> None:
        """Ask the detectors of single events."""
        by_place: dict[Place, list[Event]] = {}
        for event in events:
            by_place.setdefault((event.account, event.region), []).append(event)
        for place, some in by_place.items():
            self.engines[place].look(some)
            try:
                for found in self._rules.look(place, some, self.engines[place].context):
                    self._tell(found)
            except Exception:
                log.exception("the custom rules of %s in %s failed", *place)

    def windows(
        self, tables: Callable[[str, str], Spanned], first: float, now: float, fresh: dict[Place, set[str]]
    ) -> None:
        """Ask the detectors of windows, of the places in which something is new."""
        for place, kinds in fresh.items():
            engine = self.engines.get(place)
            if engine is None:
                continue
            engine.windows(tables(*place), first, now, frozenset(kinds))
            try:
                for found in self._rules.windows(place, tables(*place), first, now, kinds, engine.context):
                    self._tell(found)
            except Exception:
                log.exception("the custom rules of %s in %s failed", *place)

    @property
    def failures(self) -> dict[str, int]:
        """By detector: how often it failed."""
        total: dict[str, int] = {}
        for engine in self.engines.values():
            for name, count in engine.failures.items():
                total[name] = total.get(name, 0) + count
        return total


def _created(reader: Reader, one: Watched) -> float:
    row = reader.by_id(DETECTOR, one.detector_id)
    # Records have whole seconds.
    return float(int(row.created)) if row is not None else 0.0
