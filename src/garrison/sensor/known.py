"""What is known of resources beside events: `Context.known`, answered live.

Answered are `access_key` (`leaked`: the name of the operator's list that has it), `address` (`own`: the host has it)
and `network` (`resolvers`: those of the host); buckets and instances as the upstream has them (`known_upstream`); and
password policies and buckets as they were before an event (`known_before`). Of everything else nothing is known, and
detectors judge by events alone.
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
_RESOLVERS = Path("/etc/resolv.conf")

Now = Callable[[str, str, str], Mapping[str, Any]]
"""Account, kind, id: as it is."""
Before = Callable[[str, str, str, str], Mapping[str, Any]]
"""Account, kind, id, event: as it was before that event."""


class Known:
    """Called with an account, a kind, an id, and the id of an event before which it is meant."""

    def __init__(
        self,
        data: Path,
        clock: Callable[[], float] = time.monotonic,
        *,
        now: Now = lambda account, kind, id: {},
        before: Before = lambda account, kind, id, event: {},
    ) -> None:
        self._folder = data / LEAKED
        self._clock = clock
        self._now = now
        self._before = before
        self._read: float | None = None
        self._leaked: Mapping[str, str] = {}
        self._own: frozenset[str] = frozenset()
        self._resolvers: tuple[str, ...] = ()

    def __call__(self, account: str, kind: str, id: str, before: str = "") -> Mapping[str, Any]:
        """What is known of one resource; empty: nothing."""
        if before:
            return self._before(account, kind, id, before)
        if kind not in ("access_key", "address", "network"):
            return self._now(account, kind, id)
        self._refresh()
        if kind == "access_key":
            name = self._leaked.get(id)
            return {"leaked": name} if name else {}
        if kind == "network":
            return {"resolvers": self._resolvers}
        return {"own": True} if id in self._own else {}

    def _refresh(self) -> None:
        now = self._clock()
        if self._read is not None and now - self._read < _AGE:
            return
        self._read = now
        self._own = local_addresses()
        self._resolvers = _resolvers(_RESOLVERS)
        try:
            self._leaked = _lists(self._folder)
        except (OSError, UnicodeDecodeError) as e:
            log.error("lists of leaked keys could not be read, those read before stay: %s", e)


def _resolvers(path: Path) -> tuple[str, ...]:
    """Addresses after `nameserver` (resolv.conf(5))."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    words = [line.split() for line in lines]
    return tuple(one[1] for one in words if len(one) > 1 and one[0] == "nameserver")


def _lists(folder: Path) -> dict[str, str]:
    """Access key ids, each with the name of its list."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            key = line.partition("#")[0].strip()
            if key:
                found.setdefault(key, path.stem)
    return found
