"""What services do by themselves, when it is due: a thread of each process looks, and one process does it."""

from __future__ import annotations

import abc
import logging
import os
import threading

from garrison.access.runtime import Runtime
from garrison.keys.errors import Sealed
from garrison.store import StoreUnavailable, VersionConflict

_log = logging.getLogger("garrison.upkeep")


class Upkeep(abc.ABC):
    """A thread that calls `look` every `interval` seconds until it is closed. What goes wrong is logged, and waits."""

    name: str
    """Whose it is, for the thread and the log: `kms`."""

    def __init__(self, runtime: Runtime, interval: float) -> None:
        self.runtime = runtime
        self.interval = interval
        self._owner = os.urandom(8).hex()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"garrison-{self.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, after what is under way."""
        self._stop.set()
        self._thread.join()

    def may(self, seconds: float) -> bool:
        """Whether this process is the one that does it, for so many seconds."""
        now, lease = self.runtime.clock.now(), f"{self.name}-upkeep"
        return self.runtime.store.writing(lambda tx: tx.lease(lease, self._owner, seconds, now))

    @abc.abstractmethod
    def look(self) -> None:
        """See whether something is due, and do it if this process `may`."""

    def _work(self) -> None:
        while not self._stop.wait(self.interval):
            try:
                self.look()
            except (StoreUnavailable, VersionConflict, Sealed) as e:
                _log.warning("what is due in %s was not done: %s", self.name, e)
            except Exception:
                _log.exception("what is due in %s was not done", self.name)
