"""The one place time is read, so that tests and development can move it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since the epoch."""

    def now(self) -> float: ...

    def wall(self) -> float:
        """The machine's time, which is what clients sign their requests by. Differs from `now` in development only."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def wall(self) -> float:
        return time.time()


class ManualClock:
    """A clock that stands still until told otherwise."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
