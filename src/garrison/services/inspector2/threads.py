"""Reads that look at much: done on a pool thread with a snapshot of their own, so that other calls do not wait."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from garrison.access.call import Call
from garrison.store import Reader

Read = Callable[[Call, Reader], dict[str, Any]]


def on_a_thread(read: Read) -> Callable[[Call, Reader], None]:
    """The operation that does `read` later."""

    @wraps(read)
    def operation(call: Call, reader: Reader) -> None:
        def work() -> dict[str, Any]:
            with call.runtime.store.reading() as snapshot:
                return read(call, snapshot)

        call.later = work

    return operation
