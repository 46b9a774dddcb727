"""Group commit: one thread per process takes every write that waits, runs them one by one, commits once.

A durable commit costs a disk flush however much it carries, so writers that come while one flush is under way share
the next. The database behind it is a `Batches`; what is the same for all of them is here:

- an exception from a write undoes what that write did and reaches its own caller; its neighbours commit;
- nobody hears of success before the commit has returned;
- a batch that the database lost *before* the commit was sent is run again once, as nothing of it can be there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from garrison.store import StoreUnavailable, Transaction
from garrison.store.session import Session

R = TypeVar("R")
_log = logging.getLogger(__name__)

MAX_BATCH = 256
"""Writes in one commit. Bounds how long the first of them waits, and how long other processes do."""


class ConnectionLost(StoreUnavailable):
    """The database went away before a commit was sent: nothing of the batch is there, and it may run again."""


class Inseparable(Exception):
    """What a write changed cannot be undone alone: the whole batch is to be rolled back and run again, carefully."""


class Batches(Protocol):
    """One database's way of running a batch of writes under its cross-process lock. Used by one thread only."""

    def begin(self, careful: bool) -> Session:
        """Take the lock and open a transaction. Raises `ConnectionLost` or `StoreUnavailable`."""
        ...

    def savepoint(self) -> None: ...
    def rollback_to_savepoint(self) -> None:
        """Undo the write since the savepoint. Raises `Inseparable` if it cannot, never when begun `careful`."""
        ...

    def explain(self, error: Exception) -> Exception:
        """What a write's caller gets to see of `error`: the driver's own errors become the store's."""
        ...

    def commit(self) -> None:
        """Make the batch durable and give the lock back. Raises `StoreUnavailable`."""
        ...

    def abandon(self) -> None:
        """Roll back and give the lock back; never raises."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Write:
    function: Callable[[Transaction], Any]
    future: asyncio.Future[Any] | Future[Any]
    loop: asyncio.AbstractEventLoop | None
    value: Any = None
    error: BaseException | None = None


class Writer:
    """The writing thread. `submit` from an event loop, `run` from anywhere else."""

    def __init__(self, batches: Batches, name: str) -> None:
        self._batches = batches
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, function: Callable[[Transaction], R]) -> Awaitable[R]:
        """Queue a write; the future resolves on the running loop once the write is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._put(_Write(function, future, loop))
        return future

    def run(self, function: Callable[[Transaction], R]) -> R:
        """Queue a write and wait for it."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write cannot wait for another write: it would wait for itself")
        future: Future[R] = Future()
        self._put(_Write(function, future, None))
        return future.result()

    def close(self) -> None:
        """Commit what is queued and stop. Later writes raise `StoreUnavailable`."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _put(self, write: _Write) -> None:
        with self._closing:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            self._queue.put(write)

    def _work(self) -> None:
        open_ = True
        while open_:
            batch: list[_Write] = []
            item = self._queue.get()
            while True:
                if item is None:
                    open_ = False
                    break
                batch.append(item)
                if len(batch) >= MAX_BATCH:
                    break
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    break
            if batch:
                try:
                    self._commit(batch)
                except BaseException as e:  # this thread must outlive anything: every later write depends on it
                    _log.exception("a batch of writes failed unforeseen")
                    self._batches.abandon()
                    _fail(batch, e)
                _resolve(batch)
        self._batches.close()

    def _commit(self, batch: list[_Write]) -> None:
        lost = careful = False
        while True:
            try:
                self._run(batch, careful)
                break
            except Inseparable:
                self._batches.abandon()
                careful = True
            except ConnectionLost as e:
                self._batches.abandon()
                if lost:
                    _fail(batch, StoreUnavailable(str(e)))
                    return
                lost = True
            except StoreUnavailable as e:
                self._batches.abandon()
                _fail(batch, e)
                return
        try:
            self._batches.commit()
        except StoreUnavailable as e:
            self._batches.abandon()
            _fail(batch, e)

    def _run(self, batch: list[_Write], careful: bool) -> None:
        batches = self._batches
        session = batches.begin(careful)
        for write in batch:
            batches.savepoint()
            write.value = write.error = None
            try:
                write.value = write.function(session)
            except (ConnectionLost, StoreUnavailable):
                raise
            except Exception as e:
                batches.rollback_to_savepoint()
                write.error = batches.explain(e)


def _fail(batch: list[_Write], error: BaseException) -> None:
    for write in batch:
        write.value, write.error = None, error


def _resolve(batch: list[_Write]) -> None:
    """Tell everybody, waking each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[_Write]] = {}
    for write in batch:
        if write.loop is not None:
            loops.setdefault(write.loop, []).append(write)
        else:
            _settle([write])
    for loop, writes in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, writes)
        except RuntimeError:  # the loop is closed, and with it everybody who waited there
            _log.debug("%d writes finished after their event loop had closed", len(writes))


def _settle(writes: list[_Write]) -> None:
    for write in writes:
        future = write.future
        if future.done():  # cancelled: its caller has gone; the write stands
            continue
        if write.error is not None:
            future.set_exception(write.error)
        else:
            future.set_result(write.value)
