"""Follows the store: what judges is what it says, a moment after it says so."""

from __future__ import annotations

import logging
import threading

from garrison.access.runtime import Runtime
from garrison.access.sites import sites
from garrison.edge.inspection.guards import Compiler, Guard, accounts_of, epochs, plans
from garrison.store import StoreUnavailable
from garrison.waf.blobs import Directory

log = logging.getLogger("garrison.edge")

_LOOK = 0.05


class Follower:
    """Keeps `guards` as the store has them: looked at twenty times a second, compiled on a thread of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        assert runtime.edge.directory is not None
        self._compiler = Compiler(Directory(runtime.edge.directory / "compiled"))
        self._seen: tuple[int, ...] | None = None
        self._accounts: tuple[str, ...] = ()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-follow", daemon=True)
        self.guards: dict[str, Guard] = {}
        """By listener id. Replaced whole, never changed."""
        self.problem: str | None = None

    def catch_up(self) -> None:
        """Look once."""
        with self._runtime.store.reading() as reader:
            if epochs(reader, self._accounts) == self._seen:
                return
            standing = sites(reader, self._runtime)
            wanted, accounts = plans(reader, standing), accounts_of(standing)
            now = epochs(reader, accounts)
        guards, self.problem = self._compiler.guards(wanted)
        if self.problem:
            log.error("%s", self.problem)
        self.guards = guards
        self._seen, self._accounts = now, accounts

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
