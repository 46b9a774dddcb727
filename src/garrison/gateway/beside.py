"""Processes beside the server: each is started when there is something for it to do, and again when it dies.

One thread of the process that `garrison up` runs looks at the store a few times a second; what works is in processes of
their own, so that none can hold up another.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

import msgspec

from garrison.gateway.settings import Settings
from garrison.store import Reader, Store, StoreUnavailable
from garrison.store.open import open_store

log = logging.getLogger("garrison.beside")

_LOOK = 0.2
_STOP = 15.0
_YOUNG = 5.0


class Child(msgspec.Struct, frozen=True):
    """A process that may run beside the server."""

    name: str
    """For people: `the edge`."""
    module: str
    """What is run, with the settings on its standard input."""
    wanted: Callable[[Settings, Reader], bool]
    """Whether there is something for it to do."""


class _Kept:
    def __init__(self, child: Child) -> None:
        self.child = child
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._not_before = 0.0

    def running(self) -> bool:
        """Whether it runs; how it ended is noted."""
        if self._process is None:
            return time.monotonic() < self._not_before
        if self._process.poll() is None:
            return True
        if self._process.returncode != 0:
            log.error("%s ended with %s; starting it again", self.child.name, self._process.returncode)
            if time.monotonic() - self._started < _YOUNG:
                self._not_before = time.monotonic() + 1.0
        self._process = None
        return False

    def start(self, settings: Settings) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.child.module],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        with self._process.stdin as told:
            told.write(msgspec.json.encode(settings, enc_hook=str))

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        process = self._process
        if process is None:
            return
        try:
            process.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            log.error("%s did not stop in time", self.child.name)
            process.kill()
            process.wait()


class Beside:
    """`with Beside(settings, children): ...`: each runs whenever it is wanted."""

    def __init__(self, settings: Settings, children: Sequence[Child]) -> None:
        self._settings = settings
        self._kept = [_Kept(child) for child in children]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-beside", daemon=True)

    def __enter__(self) -> Beside:
        if self._kept:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP + 5)

    def _run(self) -> None:
        store: Store | None = None
        try:
            while not self._stop.wait(_LOOK):
                idle = [kept for kept in self._kept if not kept.running()]
                if not idle:
                    continue
                try:
                    store = store or open_store(self._settings.database or self._settings.data_dir)
                    with store.reading() as reader:
                        wanted = [kept for kept in idle if kept.child.wanted(self._settings, reader)]
                except StoreUnavailable:
                    continue
                for kept in wanted:
                    kept.start(self._settings)
        finally:
            for kept in self._kept:
                kept.end()
            until = time.monotonic() + _STOP
            for kept in self._kept:
                kept.wait(until)
            if store is not None:
                store.close()
