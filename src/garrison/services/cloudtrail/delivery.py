"""What happened arrives in the buckets of trails, as gzipped files.

What a batch of files holds is written down before the first of them: after a crash the same files are written again,
under the same names, so that nothing is lost and nothing is there twice. A bucket that cannot be written to is tried
again, from where it stopped, for as long as its trail is there.

Source: CloudTrail user guide, "CloudTrail log file name format" and "How CloudTrail delivers".
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import string
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from garrison.access.objects import Missing
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.services.cloudtrail import encryption
from garrison.services.cloudtrail.resources import DELIVERY, TRAIL, Deleted, Delivery, Pending, trail_arn
from garrison.services.cloudtrail.selection import selected
from garrison.services.cloudtrail.spans import within
from garrison.store import Reader, Resource, StoredEvent, Transaction
from garrison.trail.log import Trail

log = logging.getLogger("garrison.cloudtrail")

PERIOD = 60.0
"""Seconds between two deliveries of a trail; AWS's take about five minutes."""
_AT_ONCE = 1000
_BATCHES = 100
"""Of one trail, before the next has its turn."""
_LATE = 90.0
"""Seconds after its end in which events of a span may still turn up: calls that took long."""
_LETTERS = string.ascii_letters + string.digits


def due(reader: Reader, now: float) -> list[Resource[Delivery]]:
    """Trails with something to deliver, whose time has come."""
    return [
        row
        for row in reader.page(DELIVERY, "")
        if row.body.spans and max(row.body.looked, row.body.spans[-1].start) + PERIOD <= now
    ]


def deliver(runtime: Runtime) -> int:
    """Deliver what is due; how many files that were. Blocks, for as long as buckets take. Raises `StoreUnavailable`."""
    trail = runtime.trail
    if trail is None:
        return 0
    now = runtime.clock.now()
    with runtime.store.reading() as reader:
        waiting = [(state, _whose(reader, state)) for state in due(reader, now)]
    return sum(_Work(runtime, trail, state, whose, now).all() for state, whose in waiting if whose is not None)


def _whose(reader: Reader, state: Resource[Delivery]) -> Deleted | None:
    row = reader.by_id(TRAIL, state.name)
    return state.body.deleted if row is None else Deleted(row.account, row.name, row.parent, row.body)


class _Work:
    """One trail's turn."""

    def __init__(self, runtime: Runtime, trail: Trail, state: Resource[Delivery], whose: Deleted, now: float) -> None:
        self._runtime, self._trail, self._whose, self._now = runtime, trail, whose, now
        self._id, self._state = state.name, state.body

    def all(self) -> int:
        """How many files were written."""
        files = 0
        for _ in range(_BATCHES):
            state = self._state
            until = None if state.pending is None else state.pending.until
            events, at = self._trail.after(state.at, _AT_ONCE, until)
            mine = [event for event in events if self._mine(event)]
            if not events and state.pending is None:
                self._idle()
                break
            if not mine:
                if not self._keep(at=at, pending=None):
                    break
                continue
            if state.pending is None and not self._keep(pending=Pending(at, self._now)):
                break
            written = self._write(mine)
            files += written
            if not written or not self._keep(
                at=at, pending=None, looked=self._now, attempted=self._now, delivered=self._now, error=""
            ):
                break
        return files

    def _mine(self, event: StoredEvent) -> bool:
        if event.account != self._whose.account or not within(self._state.spans, event.time):
            return False
        return selected(self._whose.body, self._whose.region, event)

    def _idle(self) -> None:
        """Nothing is left: let go of what has ended."""
        spans = self._state.spans
        over = [span for span in spans if span.end is not None and span.end + _LATE <= self._now]
        if len(over) == len(spans):
            self._keep(spans=())
        else:
            self._keep(looked=self._now)

    def _keep(self, **changed: object) -> bool:
        """Write down how far it is; False where somebody else did meanwhile, or the trail is gone."""
        kept = self._runtime.store.writing(lambda tx: self._kept(tx, changed))
        if kept is None:
            return False
        self._state = kept
        return True

    def _kept(self, tx: Transaction, changed: dict[str, object]) -> Delivery | None:
        row = tx.get(DELIVERY, "", self._id)
        if row is None or (row.body.at, row.body.pending) != (self._state.at, self._state.pending):
            return None
        if "spans" in changed and row.body.spans != self._state.spans:
            return None
        body = msgspec.structs.replace(row.body, **changed)
        if body.deleted is not None and not body.spans:
            tx.delete(row)
            return None
        return tx.update(row, body).body

    def _write(self, events: list[StoredEvent]) -> int:
        assert self._state.pending is not None
        trail = self._whose.body
        arn = trail_arn(self._runtime.partition, self._whose.account, self._whose.region, self._whose.name)
        files = 0
        try:
            for key, data in _files(self._whose, events, self._state.pending.time):
                objects = self._runtime.objects
                # A bucket of an endpoint is asked to encrypt by itself; in a folder nobody would.
                if trail.key is not None and objects.local(trail.bucket):
                    object_arn = f"arn:{self._runtime.partition}:s3:::{trail.bucket}/{key}"
                    data = encryption.sealed(self._runtime, data, key=trail.key, trail=arn, object_arn=object_arn)
                objects.write(trail.bucket, key, data, trail.key)
                files += 1
        except (Missing, AwsError) as e:
            log.error("log files of %s cannot be delivered: %s", arn, e)
            self._keep(looked=self._now, attempted=self._now, error=self._told(e))
            return 0
        return files

    def _told(self, e: Exception) -> str:
        """As S3 names its errors, which is what AWS shows."""
        if isinstance(e, AwsError):
            return "KMS.AccessDeniedException" if e.code.startswith("AccessDenied") else f"KMS.{e.code}"
        return "AccessDenied" if self._runtime.objects.has(self._whose.body.bucket) else "NoSuchBucket"


def _files(whose: Deleted, events: list[StoredEvent], time: float) -> Iterator[tuple[str, bytes]]:
    """(key, content) of a file for each region. The same events at the same time have the same keys."""
    moment = datetime.fromtimestamp(time, UTC)
    prefix = f"{whose.body.prefix.rstrip('/')}/" if whose.body.prefix else ""
    for region in sorted({event.region for event in events}):
        here = [event for event in events if event.region == region]
        base = f"{prefix}AWSLogs/{whose.account}/CloudTrail/{region}/{moment:%Y/%m/%d}"
        unique = _unique([whose.region, whose.name, *(event.id for event in here)])
        content = b'{"Records":[' + b",".join(event.body for event in here) + b"]}"
        yield (
            f"{base}/{whose.account}_CloudTrail_{region}_{moment:%Y%m%dT%H%MZ}_{unique}.json.gz",
            gzip.compress(content, mtime=0),
        )


def _unique(parts: list[str]) -> str:
    """16 letters and digits that stand for what a file holds."""
    n = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest(), "big")
    letters = []
    for _ in range(16):
        n, rest = divmod(n, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)
