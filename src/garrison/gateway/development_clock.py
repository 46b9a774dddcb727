"""A clock that can be put forward: for development, where nobody waits a year for a rotation.

How far it is ahead stands in a file of the data directory, so that all processes of a server agree and a restart does
not put time back. Clients go by their own clocks, so signatures are judged by the machine's time; all else that has a
time - sessions, key states, records of the trail - goes by this one.
"""

from __future__ import annotations

import time
from pathlib import Path

from garrison.store.files import write_private

CLOCK_FILE = "clock"

_LOOK_AGAIN = 0.1
"""Seconds for which what the file said is believed."""


def ahead(data_dir: Path) -> float:
    """Seconds by which the clock of a data directory was put forward; 0 if it never was. Raises `ValueError`."""
    try:
        return float((data_dir / CLOCK_FILE).read_text())
    except FileNotFoundError:
        return 0.0


class DevelopmentClock:
    """Seconds since the epoch, and as many more as `advance` was told."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._ahead = ahead(data_dir)
        self._looked = time.monotonic()

    def now(self) -> float:
        moment = time.monotonic()
        if moment - self._looked > _LOOK_AGAIN:
            self._looked = moment
            self._ahead = ahead(self._data_dir)
        return time.time() + self._ahead

    def wall(self) -> float:
        return time.time()

    def advance(self, seconds: float) -> float:
        """Put the clock forward; the time it shows then. Raises `ValueError` for a step back."""
        if not 0 <= seconds <= 100 * 366 * 86_400:
            raise ValueError("a clock goes forward, and not by more than a hundred years at once")
        self._ahead = ahead(self._data_dir) + seconds
        write_private(self._data_dir / CLOCK_FILE, repr(self._ahead).encode())
        return self.now()

    def reset(self) -> None:
        """Back to the machine's time, for a Garrison that was emptied."""
        (self._data_dir / CLOCK_FILE).unlink(missing_ok=True)
        self._ahead = 0.0


__all__ = ["CLOCK_FILE", "DevelopmentClock", "ahead"]
