"""What GuardDuty does by itself: findings that are due are published, buckets under a malware plan are looked through,
findings nobody has heard of for 90 days go."""

from __future__ import annotations

import logging
import os
import threading

from garrison.access.runtime import Runtime
from garrison.keys.errors import Sealed
from garrison.services.guardduty import malware_run, malware_watch
from garrison.services.guardduty.findings import expired
from garrison.services.guardduty.publishing import due, publish
from garrison.services.guardduty.resources import DETECTOR, DETECTORS, EPOCH, FINDING
from garrison.store import StoreUnavailable, Transaction, VersionConflict

_log = logging.getLogger("garrison.guardduty")

INTERVAL = 2.0
"""Seconds between looks."""
_SWEEP = 3600
"""Looks between two searches for expired findings."""
_LEASE = "guardduty-upkeep"


class Upkeep:
    """A thread that does what is due, in one process at a time."""

    def __init__(self, runtime: Runtime, interval: float = INTERVAL) -> None:
        self._runtime = runtime
        self._interval = interval
        self._owner = os.urandom(8).hex()
        self._stop = threading.Event()
        self._looks = 0
        self._thread = threading.Thread(target=self._work, name="garrison-guardduty", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, after what is under way."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                self._look()
            except (StoreUnavailable, VersionConflict, Sealed) as e:
                _log.warning("what is due was not done: %s", e)
            except Exception:
                _log.exception("what is due was not done")

    def _look(self) -> None:
        runtime = self._runtime
        now = runtime.clock.now()
        sweep = self._looks % _SWEEP == 0
        with runtime.store.reading() as reader:
            if reader.epoch(EPOCH, "") == 0:
                return
            waiting = bool(due(runtime, reader, now))
            scans = bool(malware_run.running(reader)) or bool(list(malware_watch.plans(reader)))
        self._looks += 1
        if not (waiting or sweep or scans):
            return
        if not runtime.store.writing(lambda tx: tx.lease(_LEASE, self._owner, 30 + 4 * self._interval, now)):
            return
        if waiting:
            publish(runtime)
        if scans:
            malware_run.run(runtime)
            malware_watch.watch(runtime)
        if sweep:
            runtime.store.writing(lambda tx: forget(tx, now))


def forget(tx: Transaction, now: float) -> int:
    """Delete findings that are kept no longer; how many there were."""
    gone = 0
    for link in tx.targets(DETECTORS, DETECTORS):
        row = tx.by_id(DETECTOR, link.target)
        if row is None:
            continue
        for one in tx.page(FINDING, row.account, region=row.region, parent=row.id):
            if expired(one, now):
                tx.delete(one)
                gone += 1
    return gone
