"""Starts the edge when there is something for it to serve, and again when it dies.

A thread of the process that `garrison up` runs looks at the store a few times a second; what serves is a process of its
own, so that neither can hold up the other.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from types import TracebackType

import msgspec

from garrison.access.sites import announced
from garrison.gateway.settings import Settings
from garrison.store import Store, StoreUnavailable
from garrison.store.open import open_store

log = logging.getLogger("garrison.edge")

_LOOK = 0.2
_STOP = 15.0
_YOUNG = 5.0


class Beside:
    """`with Beside(settings): ...`: the edge runs whenever there is a load balancer or a distribution."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-edge-watch", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Beside:
        if self._settings.edge != "off":
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
        started, wait = 0.0, 0.0
        try:
            while not self._stop.wait(_LOOK + wait):
                wait = 0.0
                if self._process is not None:
                    if self._process.poll() is None:
                        continue
                    if self._process.returncode != 0:
                        log.error("the edge ended with %s; starting it again", self._process.returncode)
                        wait = 1.0 if time.monotonic() - started < _YOUNG else 0.0
                    self._process = None
                    if wait:
                        continue
                try:
                    store = store or open_store(self._settings.database or self._settings.data_dir)
                    with store.reading() as reader:
                        there = bool(announced(reader))
                except StoreUnavailable:
                    continue
                if there:
                    started = time.monotonic()
                    self._start()
        finally:
            self._end()
            if store is not None:
                store.close()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "garrison.edge.main"],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        with self._process.stdin as told:
            told.write(msgspec.json.encode(self._settings, enc_hook=str))

    def _end(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            log.error("the edge did not stop in time")
            process.kill()
            process.wait()
