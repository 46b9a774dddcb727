"""Work that an operation starts and does not wait for: reports. A moment later, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from garrison.store import StoreUnavailable

_log = logging.getLogger(__name__)

DELAY = 0.2
"""Seconds after the operation that started the work: by then its transaction has committed, or never will."""


def soon(name: str, work: Callable[[], None]) -> None:
    """Do `work` in a moment. What it could not do is left to whoever asks for its result again."""

    def run() -> None:
        try:
            work()
        except StoreUnavailable as e:
            _log.warning("%s was not done: %s", name, e)
        except Exception:
            _log.exception("%s was not done", name)

    timer = threading.Timer(DELAY, run)
    timer.name, timer.daemon = name, True
    timer.start()
