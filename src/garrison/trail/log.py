"""The trail: where records go, and how they are found again.

A change's record is appended inside the change's own transaction. That of a change made elsewhere (by an upstream) is
written before the change is acknowledged: killing the process loses none; to the disk it goes with those of reads.
Records of reads, and of calls that were refused, go
to a bounded queue, which one thread commits every 100 ms: on SQLite to segments beside the database, on PostgreSQL to
its event log. Nothing is dropped: when the queue is full whoever adds to it commits it first, and when that fails the
call is told so.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from garrison.store import AlreadyExists, Store, StoredEvent, StoreUnavailable, Transaction
from garrison.trail import position
from garrison.trail.position import Position
from garrison.trail.record import TrailEntry
from garrison.trail.segments import SegmentReader, SegmentWriter

_log = logging.getLogger(__name__)

Cursor = tuple[float, str]
"""(time, id) of the last event seen: stable while newer events arrive."""

INTERVAL = 0.1
"""Seconds between commits. With the commit itself, a read's record is durable within 200 ms."""
QUEUE_LIMIT = 20_000
_BATCH = 5_000
_REMOTE_BATCH = 200
SEGMENT_BYTES = 128 * 1024 * 1024
RETAIN_SECONDS = 90 * 86400.0
"""CloudTrail's event history reaches back 90 days."""


class Trail:
    """The trail of one Garrison. Safe to use from several threads and, with one `Trail` each, several processes."""

    def __init__(
        self,
        store: Store,
        data_dir: Path | None = None,
        *,
        interval: float = INTERVAL,
        queue_limit: int = QUEUE_LIMIT,
        segment_bytes: int = SEGMENT_BYTES,
        retain_seconds: float = RETAIN_SECONDS,
    ) -> None:
        """`data_dir` is where segments go (in its `trail` directory); a local store needs one."""
        self._store = store
        self._segments: SegmentWriter | None = None
        self._reader: SegmentReader | None = None
        if store.local:
            if data_dir is None:
                raise ValueError("the trail of a local database needs a directory")
            directory = data_dir / "trail"
            self._segments = SegmentWriter(directory, max_bytes=segment_bytes, retain_seconds=retain_seconds)
            self._reader = SegmentReader(directory)
        self._interval = interval
        self._limit = queue_limit
        self._queue: deque[TrailEntry] = deque()
        self._draining = threading.Lock()
        self._written = self._synced = 0
        """Appends to segments so far, and how many of them are on the disk."""
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="garrison-trail", daemon=True)
        self._thread.start()

    # Recording

    def record_change(self, tx: Transaction, entry: TrailEntry) -> None:
        """Append the record of a change to the change's own transaction."""
        tx.append_event(
            entry.event,
            id=entry.id,
            account=entry.account,
            region=entry.region,
            time=entry.time,
            keys=entry.keys,
            extra=entry.extra,
        )

    def record_read(self, entry: TrailEntry) -> None:
        """Queue the record of a call that changed nothing; durable within 200 ms.

        Blocks for a commit when the queue is full. Raises `StoreUnavailable` when it is full and cannot be written.
        """
        if self._closed.is_set():
            raise StoreUnavailable("the trail is closed")
        if len(self._queue) >= self._limit:
            self.flush()
        self._queue.append(entry)
        if not self._wake.is_set():
            self._wake.set()

    async def record_elsewhere(self, entries: Sequence[TrailEntry]) -> None:
        """Write the records of a change that was made elsewhere: they outlive this process from here on.

        On SQLite they outlive the machine's power within 200 ms, elsewhere at once. Raises `StoreUnavailable`.
        """
        if self._closed.is_set():
            raise StoreUnavailable("the trail is closed")
        if self._segments is None:
            await self._store.write(_appending(entries))
            return
        with self._draining:
            self._append(entries)
        if not self._wake.is_set():
            self._wake.set()

    @property
    def queued(self) -> int:
        """Records that are not durable yet."""
        return len(self._queue)

    def flush(self) -> None:
        """Make every queued record durable. Raises `StoreUnavailable`."""
        with self._draining:
            self._drain()
            segments, written = self._segments, self._written
            sync = segments.syncing() if segments is not None and written > self._synced else None
        if sync is not None:
            try:
                sync()
            except OSError as e:
                raise StoreUnavailable(f"the trail cannot be written: {e}") from e
            self._synced = max(self._synced, written)

    def reset(self) -> None:
        """Forget the records of reads; those of changes go with `store.reset()`."""
        with self._draining:
            self._queue.clear()
            if self._segments is not None:
                self._segments.reset()

    def close(self) -> None:
        """Make everything durable and stop."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._wake.set()
        self._thread.join()
        try:
            self.flush()
        finally:
            if self._segments is not None:
                self._segments.close()
            if self._reader is not None:
                self._reader.close()

    def _work(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            if self._closed.wait(self._interval):
                return
            self._wake.clear()
            try:
                self.flush()
            except StoreUnavailable:
                _log.exception("%d records of the trail wait, as they cannot be written", len(self._queue))
                self._closed.wait(1)
                self._wake.set()

    def _drain(self) -> None:
        queue = self._queue
        while queue:
            batch = [queue[n] for n in range(min(len(queue), _BATCH if self._segments else _REMOTE_BATCH))]
            if self._segments is None:
                self._store.writing(_appending(batch))
            else:
                self._append(batch)
            # Only now: what could not be written stays queued.
            for _ in batch:
                queue.popleft()

    def _append(self, entries: Sequence[TrailEntry]) -> None:
        assert self._segments is not None
        try:
            self._segments.append(entries)
        except (sqlite3.Error, OSError) as e:
            raise StoreUnavailable(f"the trail cannot be written: {e}") from e
        self._written += 1

    # Finding

    def lookup(
        self,
        account: str | None = None,
        *,
        region: str | None = None,
        keys: Sequence[tuple[str, str]] = (),
        start: float | None = None,
        end: float | None = None,
        before: Cursor | None = None,
        limit: int = 50,
    ) -> list[StoredEvent]:
        """Events newest first, changes and reads of every process together.

        `keys` are attributes as `LookupEvents` names them, all of which must hold; `before` is `cursor` of the last
        event of the page before. Raises `StoreUnavailable`.
        """
        return look_up(
            self._store, self._reader, account,
            region=region, keys=keys, start=start, end=end, before=before, limit=limit,
        )  # fmt: skip

    def find(self, request_id: str) -> list[StoredEvent]:
        """The events of one request: one for each account that was told of it."""
        return self.lookup(keys=[("RequestId", request_id)])

    def history(
        self,
        account: str | None = None,
        *,
        keys: Sequence[tuple[str, str]] = (),
        start: float | None = None,
        end: float | None = None,
        page: int = 1000,
    ) -> Iterator[StoredEvent]:
        """All events newest first, read in pages."""
        before: Cursor | None = None
        while found := self.lookup(account, keys=keys, start=start, end=end, before=before, limit=page):
            yield from found
            before = cursor(found[-1])

    def follow(
        self,
        *,
        account: str | None = None,
        poll: float = 0.2,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[StoredEvent]:
        """Events as they become durable, oldest first, from now on until `stopped` says so."""
        seq = self._store.last_event()
        seen = self._reader.last() if self._reader is not None else {}
        while not stopped():
            fresh = self._store.events_since(seq)
            if fresh:
                seq = fresh[-1].seq
            if self._reader is not None:
                fresh += self._reader.since(seen)
            for event in sorted(fresh, key=cursor):
                if account is None or event.account == account:
                    yield event
            if not fresh:
                time.sleep(poll)

    def position(self) -> Position:
        """The end of the trail as it is now: what is durable. Raises `StoreUnavailable`."""
        return position.end(self._store, self._reader)

    def after(
        self, at: Position, limit: int = 1000, until: Position | None = None
    ) -> tuple[list[StoredEvent], Position]:
        """Some of the events behind a position and no further than `until`, and the position behind them.

        At most `limit` of the database and of each segment. Raises `StoreUnavailable`.
        """
        return position.after(self._store, self._reader, at, limit, until)


def look_up(
    store: Store,
    segments: SegmentReader | None,
    account: str | None = None,
    *,
    region: str | None = None,
    keys: Sequence[tuple[str, str]] = (),
    start: float | None = None,
    end: float | None = None,
    before: Cursor | None = None,
    limit: int = 50,
) -> list[StoredEvent]:
    """`Trail.lookup`, for who has no trail to write."""
    found = store.stored_events(
        account=account, region=region, keys=keys, start=start, end=end, before=before, limit=limit
    )
    if segments is not None:
        try:
            found += segments.stored_events(
                account=account, region=region, keys=keys, start=start, end=end, before=before, limit=limit
            )
        except (sqlite3.Error, OSError) as e:
            raise StoreUnavailable(f"the trail cannot be read: {e}") from e
        found.sort(key=cursor, reverse=True)
    return found[:limit]


def cursor(event: StoredEvent) -> Cursor:
    """Where an event stands in the order of the trail."""
    return (event.time, event.id)


def _appending(batch: Sequence[TrailEntry]) -> Callable[[Transaction], None]:
    def append(tx: Transaction) -> None:
        for entry in batch:
            try:
                tx.append_event(
                    entry.event,
                    id=entry.id,
                    account=entry.account,
                    region=entry.region,
                    time=entry.time,
                    keys=entry.keys,
                    extra=entry.extra,
                )
            except AlreadyExists:
                continue  # its commit came through although the connection was lost before saying so

    return append
