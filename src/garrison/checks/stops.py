"""Ctrl-C and SIGTERM while a check has something in the account that must not stay there."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Stops:
    """Holds SIGINT and SIGTERM back while `holding`, as it is from the beginning, so that making something and taking
    it away are each done whole. In between, after `release`, they interrupt: Ctrl-C as always, SIGTERM by `SystemExit`,
    so that what has been made is taken away before the process ends.

    Signals arrive in the main thread alone: elsewhere it does nothing. An ignored signal stays ignored.
    """

    def __init__(self) -> None:
        self.holding = True
        """Set this, and call nothing in between, before taking away what was made."""
        self._waiting: int | None = None
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int] = {}

    def __enter__(self) -> Stops:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                if before is not None and before is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._arrived)
        return self

    def release(self) -> None:
        """From here on the process may be interrupted, and is if a signal has come meanwhile."""
        self.holding = False
        self._pass_on()

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._pass_on()

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self.holding:
            self._waiting = number
            return
        self.holding = True  # whoever presses Ctrl-C again does not interrupt the taking away
        self._interrupt(number, frame)
        self.holding = False

    def _pass_on(self) -> None:
        number, self._waiting = self._waiting, None
        if number is not None:
            self.holding = True
            self._interrupt(number, None)
            self.holding = False

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        before = self._before[number]
        if callable(before):  # signal.SIG_DFL is a number
            before(number, frame)
        else:
            raise SystemExit(128 + number)
