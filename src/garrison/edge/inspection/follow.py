"""Follows the store: what judges is what it says, a moment after it says so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from garrison.access.runtime import Runtime
from garrison.access.sites import sites
from garrison.edge.inspection.guards import Compiler, Guards, accounts_of, epochs, plans
from garrison.store import StoreUnavailable
from garrison.waf.blobs import Directory

log = logging.getLogger("garrison.edge")

_LOOK = 0.05
_KEPT = 30.0
"""Seconds that what no longer judges is kept: the data plane asks for it until it, too, has learnt of the change."""


class Follower:
    """Keeps `guards` as the store has them: looked at twenty times a second, compiled on a thread of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        assert runtime.edge.directory is not None
        self._compiler = Compiler(Directory(runtime.edge.directory / "compiled"))
        self._seen: tuple[int, ...] = ()
        self._accounts: tuple[str, ...] = ()
        self._current: Guards = {}
        self._leaving: dict[tuple[str, str], float] = {}
        """Until when what no longer judges is kept."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-follow", daemon=True)
        self.guards: Guards = {}
        """Replaced whole, never changed."""
        self.epoch = -1
        """That of the sites which `guards` are for."""
        self.problem: str | None = None
        self.told: Callable[[], None] | None = None
        """Called, on that thread, when there is a new `epoch`."""

    def catch_up(self) -> None:
        """Look once."""
        with self._lock:
            self._catch_up()

    def _catch_up(self) -> None:
        self._forget()
        with self._runtime.store.reading() as reader:
            if epochs(reader, self._accounts) == self._seen:
                return
            standing = sites(reader, self._runtime)
            wanted, accounts = plans(reader, standing), accounts_of(standing)
            now = epochs(reader, accounts)
        current, self.problem = self._compiler.guards(wanted)
        if self.problem:
            log.error("%s", self.problem)
        until = time.monotonic() + _KEPT
        self._leaving = {key: self._leaving.get(key, until) for key in self.guards if key not in current}
        self.guards = self.guards | current
        self._current = current
        self._seen, self._accounts = now, accounts
        if self.epoch != now[0]:
            self.epoch = now[0]
            if self.told is not None:
                self.told()

    def _forget(self) -> None:
        """Drop what has been kept for long enough."""
        now = time.monotonic()
        if any(until <= now for until in self._leaving.values()):
            self._leaving = {key: until for key, until in self._leaving.items() if until > now}
            self.guards = {key: self.guards[key] for key in self._leaving} | self._current

    def start(self) -> None:
        """Go on looking."""
        self._thread.start()

    def stop(self) -> None:
        """No longer."""
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK):
            try:
                self.catch_up()
            except StoreUnavailable as e:
                log.error("%s; judging by what was known", e)
            except Exception:
                log.exception("web ACLs could not be read; judging by what was known")
