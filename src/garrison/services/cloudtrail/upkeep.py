"""What CloudTrail does by itself: what happened is delivered to the buckets of trails."""

from __future__ import annotations

from garrison.access.runtime import Runtime
from garrison.services.cloudtrail.delivery import PERIOD, deliver, due
from garrison.services.upkeep import Upkeep

INTERVAL = 2.0
"""Seconds between looks."""


class CloudTrailUpkeep(Upkeep):
    """Delivers, when it is due."""

    name = "cloudtrail"

    def __init__(self, runtime: Runtime, interval: float = INTERVAL) -> None:
        super().__init__(runtime, interval)

    def look(self) -> None:
        with self.runtime.store.reading() as reader:
            waiting = due(reader, self.runtime.clock.now())
        if waiting and self.may(PERIOD):
            deliver(self.runtime)
