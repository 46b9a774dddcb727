"""The sensor's process: new events are taken and looked at once a second, windows every fifteen.

A batch - events in the lake, how far sources were read, what baselines learned, what was detected - is one transaction
of the lake's state. Detections become findings from there, and leave it when they are: whatever ends the process in
the meantime, no event is looked at twice or lost, and an occurrence told twice is one. It ends by itself when no
detector is enabled, and when the Garrison that started it is gone.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from garrison import services
from garrison.aws.partitions import partition_of
from garrison.detect.baseline.learning import learning
from garrison.detect.baseline.memory import Remembered
from garrison.detect.detection import Detection
from garrison.detect.engine import time_of
from garrison.detect.events import Event
from garrison.detect.lake.columns import OF
from garrison.detect.lake.engines import duckdb
from garrison.detect.lake.lake import Lake
from garrison.detect.lake.memory import SeenStorage
from garrison.detect.lake.query import LakeTables
from garrison.detect.lake.state import State
from garrison.detect.lake.upkeep import compact, expire
from garrison.detect.place import place_with
from garrison.gateway import logs
from garrison.gateway.settings import Settings
from garrison.sensor.flows import Flows
from garrison.sensor.known import Known
from garrison.sensor.known_before import KnownBefore
from garrison.sensor.known_upstream import KnownUpstream
from garrison.sensor.local_addresses import local_addresses
from garrison.sensor.places import Place, Places
from garrison.sensor.sources import LinesSource, Source, TrailSource
from garrison.sensor.status import FOLDER, NAME, SensorStatus, write_status
from garrison.sensor.usage import Meter
from garrison.services.guardduty.findings import record
from garrison.services.guardduty.resources import DETECTORS
from garrison.services.guardduty.watched import EPOCH
from garrison.store import Store, StoreUnavailable, Transaction
from garrison.store.open import open_store

log = logging.getLogger("garrison.sensor")

_LOOK = 0.5
WINDOWS = 15.0
"""Seconds between windows."""
_LATE = 900.0
"""Seconds by which events may be late for the windows they are of."""
_ROWS = 1_000_000
"""Rows that windows are asked about at once; where there are more, it is a day."""
_DAY = 86_400.0
_DAYS = 30
"""Of events kept."""
_UPKEEP = 60.0
_AT_ONCE = 500


class Sensor:
    """Everything this process holds."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._directory = settings.data_dir / FOLDER
        self._lake = Lake(self._directory / "lake")
        self._engine = duckdb("512MB")
        self._memory = Remembered(SeenStorage(self._lake.state.connection))
        self._detected: list[Detection] = []
        known = Known(settings.data_dir, now=KnownUpstream(settings), before=KnownBefore(store, settings.data_dir))
        place = place_with(settings.geo_databases)
        guarding = settings.guarding
        self._places = Places(
            self._memory, self._detected.append, known, place, guarding.detection_rules, everywhere=guarding.loopback
        )
        self._sources = self._open()
        self._flows = Flows(settings.account_id, settings.region, _host(settings), loopback=guarding.loopback)
        self._fresh: dict[Place, set[str]] = {}
        self._oldest = math.inf
        """When the first of what is fresh was."""
        self._meter = Meter()
        self._events = 0
        self._last = time.time()
        self._delay = 0.0

    def _open(self) -> list[Source]:
        data, state = self._settings.data_dir, self._lake.state
        return [
            TrailSource(self._store, data, state.offset("trail")),
            LinesSource("edge", lambda: [data / "edge" / "access.jsonl"], state.offset("edge")),
            LinesSource("waf", lambda: sorted((data / "waf-logs").glob("*/*.jsonl")), state.offset("waf")),
        ]

    def run(self, stop: threading.Event) -> None:
        """Look until `stop`, or until nothing is watched."""
        parent = os.getppid()
        epoch = -1
        windows = upkeep = time.monotonic()
        try:
            while not stop.is_set() and os.getppid() == parent:
                try:
                    with self._store.reading() as reader:
                        now = reader.epoch(EPOCH, "")
                        if now != epoch:
                            self._places.load(reader, self._now())
                            epoch = now
                            if not self._places.engines:
                                if not reader.targets(DETECTORS, DETECTORS):
                                    self._lake.empty()
                                return
                    busy = self._take()
                    if time.monotonic() - windows >= WINDOWS:
                        windows = time.monotonic()
                        self._ask_windows()
                    self._deliver()
                    if time.monotonic() - upkeep >= _UPKEEP:
                        upkeep = time.monotonic()
                        compact(self._lake)
                        expire(self._lake, _DAYS, self._now())
                    self._say()
                except StoreUnavailable as e:
                    log.error("%s; what happens meanwhile is looked at afterwards", e)
                    busy = False
                if not busy:
                    stop.wait(_LOOK)
        finally:
            self._flows.close()
            self._lake.close()
            (self._directory / NAME).unlink(missing_ok=True)

    def _now(self) -> float:
        """The time; that of the last event where a clock was put forward."""
        return max(time.time(), self._last)

    def _take(self) -> bool:
        """Take and look at what is new; whether there may be more."""
        events = [event for source in self._sources for event in source.read()] + self._flows.read()
        fresh = self._lake.take(self._places.events(events))
        self._places.look(fresh)
        self._meter.count(fresh)
        for event in fresh:
            self._fresh.setdefault((event.account, event.region), set()).add(OF[type(event)].table)
            self._oldest = min(self._oldest, time_of(event))
        if events:
            self._note(events)
            self._commit()
        self._events += len(fresh)
        return len(events) >= _AT_ONCE

    def _note(self, events: Sequence[Event]) -> None:
        self._last = max(self._last, *(time_of(event) for event in events))
        self._delay = max(0.0, time.time() - max(time_of(event) for event in events))

    def _ask_windows(self) -> None:
        if self._fresh:
            now = self._now()
            first = min(now - _LATE, self._oldest)
            # What was missed while nobody looked, or passed over by a clock put forward, is caught up with.
            rows = sum(part.rows for part in self._lake.state.parts(None, first, now))
            span = now - first if rows <= _ROWS else _DAY
            while first < now:
                until = min(first + span, now)
                self._places.windows(self._tables, first, until, self._fresh)
                first = until
            self._fresh, self._oldest = {}, math.inf
            if self._detected:
                self._commit()

    def _tables(self, account: str, region: str) -> LakeTables:
        return LakeTables(self._lake.directory, self._lake.state, self._engine, account=account, region=region)

    def _commit(self) -> None:
        def also(state: State) -> None:
            for source in self._sources:
                state.set_offset(source.name, source.at())
            self._memory.flush()
            state.put_out(msgspec.json.encode(one) for one in self._detected)

        self._lake.commit(also)
        self._detected.clear()

    def _deliver(self) -> None:
        """Let what was detected become findings."""
        while waiting := self._lake.state.outbox(_AT_ONCE):
            detections = [msgspec.json.decode(body, type=Detection) for _, body in waiting]
            now, partition = self._now(), partition_of(self._settings.region) or "aws"

            self._store.writing(partial(_record, detections, now, partition))
            self._lake.state.taken_out(waiting[-1][0])
        self._meter.flush(self._store, self._now())

    def _learned(self) -> dict[str, float]:
        """Days of each source of the account that was watched for longest."""
        found: dict[str, float] = {}
        for account in {account for account, _ in self._places.engines}:
            for source, days in learning(self._memory, account, self._now()).items():
                found[source] = max(found.get(source, 0.0), round(days, 2))
        return found

    def _say(self) -> None:
        write_status(
            self._directory,
            SensorStatus(
                pid=os.getpid(),
                watched=tuple("/".join(place) for place in self._places.engines),
                events=self._events,
                delay=round(self._delay, 1),
                waiting=len(self._lake.state.outbox(_AT_ONCE)),
                failures=self._places.failures,
                learned=self._learned(),
                flows=self._flows.method,
                flows_problem=self._flows.problem,
            ),
        )


def _host(settings: Settings) -> str:
    """What this machine is called in its flows: the instance the operator says it is, where that is one."""
    here = local_addresses()
    named = [
        id for id, host in settings.instances.items() if host == "localhost" or host.startswith("127.") or host in here
    ]
    return named[0] if len(named) == 1 else socket.gethostname()


def _record(detections: Sequence[Detection], now: float, partition: str, tx: Transaction) -> list[str]:
    return record(tx, detections, now=now, partition=partition)


def main() -> int:
    """Settings on standard input."""
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings, dec_hook=lambda type_, value: type_(value))
    logs.set_up(settings.log_level)
    services.load(("guardduty",))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store = open_store(settings.database or Path(settings.data_dir))
    try:
        Sensor(settings, store).run(stop)
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
