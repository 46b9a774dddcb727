"""What GuardDuty does by itself: findings that are due are published, buckets under a malware plan are looked through,
findings nobody has heard of for 90 days go."""

from __future__ import annotations

import logging

from garrison.access.runtime import Runtime
from garrison.services.guardduty import malware_run, malware_watch
from garrison.services.guardduty.findings import expired
from garrison.services.guardduty.publishing import due, publish
from garrison.services.guardduty.resources import DETECTOR, DETECTORS, EPOCH, FINDING
from garrison.services.upkeep import Upkeep
from garrison.store import Transaction

_log = logging.getLogger("garrison.guardduty")

INTERVAL = 2.0
"""Seconds between looks."""
_SWEEP = 3600
"""Looks between two searches for expired findings."""


class GuardDutyUpkeep(Upkeep):
    """Publishes, scans and forgets, when it is due."""

    name = "guardduty"

    def __init__(self, runtime: Runtime, interval: float = INTERVAL) -> None:
        self._looks = 0
        super().__init__(runtime, interval)

    def look(self) -> None:
        runtime = self.runtime
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
        if not self.may(30 + 4 * self.interval):
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
