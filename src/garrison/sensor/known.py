"""What is known of resources beside events: `Context.known`, answered live.

Answered are `access_key` (`leaked`: the name of the operator's list that has it) and `address` (`own`: the host has
it). Of everything else nothing is known, and detectors judge by events alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from garrison.sensor.local_addresses import local_addresses

log = logging.getLogger("garrison.sensor")

LEAKED = "leaked-keys"
"""Folder of the data directory; each file `NAME.txt` is a list: an access key id a line, `#` begins a comment."""
_AGE = 2.0
"""Seconds an answer is kept."""


class Known:
    """Called with a kind and an id."""

    def __init__(self, data: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = data / LEAKED
        self._clock = clock
        self._read: float | None = None
        self._leaked: Mapping[str, str] = {}
        self._own: frozenset[str] = frozenset()

    def __call__(self, kind: str, id: str) -> Mapping[str, Any]:
        """What is known of one resource; empty: nothing."""
        if kind not in ("access_key", "address"):
            return {}
        self._refresh()
        if kind == "access_key":
            name = self._leaked.get(id)
            return {"leaked": name} if name else {}
        return {"own": True} if id in self._own else {}

    def _refresh(self) -> None:
        now = self._clock()
        if self._read is not None and now - self._read < _AGE:
            return
        self._read = now
        self._own = local_addresses()
        try:
            self._leaked = _lists(self._folder)
        except (OSError, UnicodeDecodeError) as e:
            log.error("lists of leaked keys could not be read, those read before stay: %s", e)


def _lists(folder: Path) -> dict[str, str]:
    """Access key ids, each with the name of its list."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            key = line.partition("#")[0].strip()
            if key:
                found.setdefault(key, path.stem)
    return found
