"""What is kept of verdicts: counted at once, sampled and logged a moment later, by another thread."""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
import time
from collections import deque

import msgspec

from garrison.access.traffic import PATHS, SAMPLES, Batch, Traffic
from garrison.edge.floods.observer import Observer
from garrison.edge.inspection.guards import Guard
from garrison.waf import CompiledWebAcl, Request, Verdict
from garrison.waf.log_record import log_record, matches_filter, samples
from garrison.waf.parts import split_target
from garrison.waf.protection import protection_of, with_redacted

log = logging.getLogger("garrison.edge")

_EVERY = 0.5
_WAITING = 20_000
"""Verdicts that may wait to be written; beyond that, they are counted as lost."""
_REST = "(other paths)"


class Records:
    """`note()` on the event loop costs an append; a thread of its own does the rest."""

    def __init__(self, traffic: Traffic, observer: Observer) -> None:
        self._traffic = traffic
        self._observer = observer
        self._waiting: deque[tuple[CompiledWebAcl, Guard, Request, Verdict, float]] = deque()
        self._taken: dict[tuple[str, str, int], int] = {}
        self._paths: dict[tuple[str, int], int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-records", daemon=True)
        self.lost = 0
        """Verdicts that could not be kept."""

    def start(self) -> None:
        """Begin to write."""
        self._traffic.create()
        self._observer.start()
        self._thread.start()

    def note(self, guard: Guard, request: Request, verdict: Verdict, now: float) -> None:
        """Remember a verdict."""
        if guard.acl is None:
            return
        self._observer.note(guard.site, request, verdict.blocked, now)
        if len(self._waiting) >= _WAITING:
            self.lost += 1
            return
        self._waiting.append((guard.acl, guard, request, verdict, now))

    def stop(self) -> None:
        """Write what waits, and end."""
        self._observer.stop()
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _run(self) -> None:
        swept = 0.0
        ending = False
        while not ending:
            ending = self._stop.wait(_EVERY)
            now = time.time()
            try:
                if self._waiting:
                    self._traffic.write(self._batch())
                if now - swept > 60:
                    swept = now
                    self._traffic.forget(now)
                    self._forget(int(now // 60))
            except sqlite3.Error as e:
                log.warning("what web ACLs saw could not be written: %s", e)

    def _forget(self, minute: int) -> None:
        self._taken = {key: n for key, n in self._taken.items() if key[2] >= minute - 1}
        self._paths = {key: n for key, n in self._paths.items() if key[1] >= minute - 1}

    def _batch(self) -> Batch:
        batch = Batch()
        while self._waiting:
            acl, guard, request, verdict, now = self._waiting.popleft()
            try:
                self._add(batch, acl, guard, request, verdict, now)
            except Exception:
                log.exception("a verdict could not be kept")
        return batch

    def _add(
        self, batch: Batch, acl: CompiledWebAcl, guard: Guard, request: Request, verdict: Verdict, now: float
    ) -> None:
        minute = int(now // 60)
        for metric, action in _counted(acl, verdict):
            count = (acl.arn, metric, action, minute)
            batch.counts[count] = batch.counts.get(count, 0) + 1
        for metric, item in samples(acl, request, verdict):
            key = (acl.arn, metric, minute)
            seen = self._taken[key] = self._taken.get(key, 0) + 1
            # The first ones of a minute, and of the later ones fewer and fewer.
            if seen <= SAMPLES or random.random() < SAMPLES / seen / 10:  # noqa: S311 - a sample, not a secret
                batch.samples.append((acl.arn, metric, now, msgspec.json.encode(item)))
        path = split_target(request.target)[0].decode("utf-8", "replace")[:256]
        place = (acl.arn, minute)
        if (acl.arn, minute, path) not in batch.paths:
            different = self._paths[place] = self._paths.get(place, 0) + 1
            if different > PATHS:
                path = _REST
        batch.paths[acl.arn, minute, path] = batch.paths.get((acl.arn, minute, path), 0) + 1
        for rate in verdict.rates:
            batch.limited[rate.id, rate.limit_value] = now + rate.window
        if guard.logging is not None:
            hidden = with_redacted(protection_of(acl.document), guard.logging.get("RedactedFields") or [])
            record = log_record(acl, request, verdict, hidden)
            if matches_filter(record, guard.logging.get("LoggingFilter")):
                batch.logs.append((acl.arn, guard.logging["LogDestinationConfigs"][0], msgspec.json.encode(record)))


def _counted(acl: CompiledWebAcl, verdict: Verdict) -> set[tuple[str, str]]:
    """(metric, action) of everything that a request counts for."""
    metrics = {rule.name: rule.metric for rule in acl.group_rules()}
    found = {("ALL", verdict.action), *[(match.metric, match.action) for match in verdict.matched]}
    for group in verdict.groups:
        inside = [*group.matched, *([group.terminating] if group.terminating else [])]
        found |= {(metrics[group.rule], match.action) for match in inside}
    if verdict.rule_type in ("REGULAR", "RATE_BASED"):
        found.add((verdict.metric, verdict.action))
    return found
