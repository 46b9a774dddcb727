"""Where the walk leaves word of each call: the trail.

The event of a change is appended in the change's own transaction. Events of reads, and of calls that were refused or
failed, wait in a bounded queue and are committed together, every `FLUSH_SECONDS` at the latest.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import Output
from garrison.store import Store, Transaction
from garrison.trail.event import events
from garrison.trail.record import TrailEntry

log = logging.getLogger("garrison.trail")

FLUSH_SECONDS = 0.1
QUEUE_LIMIT = 100_000
"""Events that may wait. A database that is away this long loses the oldest events of reads, and says so."""
_BATCH = 2000

_encode = msgspec.json.Encoder().encode


class Recorder:
    """The trail of one process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: deque[TrailEntry] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.lost = 0

    @property
    def queued(self) -> int:
        """Events that are not durable yet."""
        return len(self._queue)

    def changed(self, call: Call, output: Output, tx: Transaction) -> None:
        """A write was done: its event commits with it."""
        for entry in events(call, output=output, additional=_additional(call), extra=_extra(call)):
            _append(tx, entry)

    def passed(self, call: Call, output: Output) -> None:
        """A read was answered."""
        self._put(events(call, output=output, additional=_additional(call), extra=_extra(call)))

    def failed(self, call: Call, error: AwsError) -> None:
        """A call was denied, or failed; whatever it wrote is undone."""
        self._put(events(call, error=error, additional=_additional(call), extra=_extra(call)))

    def _put(self, entries: list[TrailEntry]) -> None:
        queue = self._queue
        if len(queue) >= QUEUE_LIMIT:
            queue.popleft()
            self.lost += 1
            if self.lost in (1, 10_000) or self.lost % 100_000 == 0:
                log.error("the trail's queue is full: %d events of reads are lost", self.lost)
        if not queue:
            self._wake.set()
        queue.extend(entries)

    async def start(self) -> None:
        """Begin to commit what is queued."""
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Make every event durable."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _work(self) -> None:
        while not (self._stopping and not self._queue):
            await self._wake.wait()
            if not self._stopping:
                await asyncio.sleep(FLUSH_SECONDS)
            self._wake.clear()
            while self._queue:
                if not await self._flush():
                    if self._stopping:
                        log.error("%d events could not be committed at the end", len(self._queue))
                        return
                    await asyncio.sleep(1)

    async def _flush(self) -> bool:
        batch = [self._queue[i] for i in range(min(_BATCH, len(self._queue)))]

        def append(tx: Transaction) -> None:
            for entry in batch:
                _append(tx, entry)

        try:
            await self._store.write(append)
        except Exception:
            log.exception("%d events are not committed yet; trying again", len(self._queue))
            return False
        for _ in batch:
            self._queue.popleft()
        return True


def _append(tx: Transaction, entry: TrailEntry) -> None:
    tx.append_event(
        entry.event,
        id=entry.id,
        account=entry.account,
        region=entry.region,
        time=entry.time,
        keys=entry.keys,
        extra=entry.extra,
    )


def _additional(call: Call) -> dict[str, Any] | None:
    passed = call.let_through
    if passed is None:
        return None
    return {"permissive": True, "wouldBeErrorCode": passed.code, "wouldBeErrorMessage": passed.message}


def _extra(call: Call) -> bytes | None:
    """What the decision rested on, for `explain`."""
    if call.decision is None:
        return None
    return _encode(
        {
            "allowed": call.decision.allowed,
            "code": call.decision.code,
            "caller": call.caller,
            "checks": call.checks,
            "context": call.context,
        }
    )
