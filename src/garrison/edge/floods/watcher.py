"""The watcher: one thread of the edge's process that takes what inspectors tell and acts on it.

    inspectors --datagrams--> models (garrison.shield), one a resource
                                 |-> attacks in the store, rules in web ACLs (garrison.services.shield.events)
                                 |-> `attacked.msgpack` for the inspectors, `floods.json` for people
                                 `-> whoever is to be told (engagement)

What it knows of a resource's traffic is kept in `baselines.msgpack` once a minute, and read at the next start.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from garrison.access.floods import FloodStatus, write_floods
from garrison.access.runtime import Runtime
from garrison.edge.floods.answers import AnswerReader
from garrison.edge.floods.engagement import Engagement
from garrison.edge.floods.groups import Groups
from garrison.edge.floods.memories import Memories
from garrison.edge.floods.observer import ATTACKED, SOCKET
from garrison.edge.floods.watched import Watched
from garrison.gateway.settings import Settings
from garrison.services.shield import events
from garrison.shield import Learning, Model, Slice
from garrison.shield.model import Second, Step
from garrison.shield.rules import name_of
from garrison.shield.signatures import explain
from garrison.shield.slices import Answers
from garrison.shield.suspicion import Suspicion
from garrison.store import StoreUnavailable, Transaction

log = logging.getLogger("garrison.edge")

ACCESS = "access.jsonl"
"""The data plane's access records."""
_LAG = 0.7
"""Seconds after which inspectors have told of a second."""
_BUFFER = 1 << 20
_SAVE = 60.0
_RECORD = 5.0
"""Seconds between entries in an attack's record while it goes on."""
_MOST = 1000
"""Resources that are watched."""


class Watcher:
    """`start()`, `stop()`. Does its work on a thread of its own."""

    def __init__(self, settings: Settings, runtime: Runtime, directory: Path) -> None:
        self._runtime = runtime
        self._directory = directory
        self._learning = Learning(settings.shield_learning)
        self._engagement = Engagement(settings)
        self._watched: dict[str, Watched] = {}
        self._memories = Memories(directory)
        self._groups = Groups(self._learning, self._memories)
        self._saved = time.monotonic()
        self._reconciled = 0.0
        self._answers = AnswerReader(directory / ACCESS)
        self.unhealthy: Mapping[str, float] = {}
        """Resource -> share of its targets that fail their health checks. Replaced whole by who checks them."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-floods", daemon=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def start(self) -> None:
        """Begin to listen. In the edge's directory, which the process is in."""
        Path(SOCKET).unlink(missing_ok=True)
        Path(ATTACKED).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind(SOCKET)
        Path(SOCKET).chmod(0o600)
        self._socket.settimeout(0.2)
        self._thread.start()

    def stop(self) -> None:
        """Keep what is known, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._socket.close()
        Path(SOCKET).unlink(missing_ok=True)
        self._save()

    def _run(self) -> None:
        decode = msgspec.msgpack.Decoder(Slice).decode
        ticked = 0
        self._guarded(self._begin)
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                try:
                    self._take(decode(self._socket.recv(_BUFFER)))
                except msgspec.DecodeError:
                    log.error("something else than an inspector writes to %s", SOCKET)
                except OSError as e:
                    if isinstance(e, TimeoutError):
                        raise
                    return
            now = time.time() - _LAG
            if int(now) != ticked:
                ticked = int(now)
                self._guarded(self._tick)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except StoreUnavailable as e:
            log.error("%s; attacks are not recorded", e)
        except Exception:
            log.exception("floods could not be watched for a moment")

    def _take(self, part: Slice) -> None:
        watched = self._watched.get(part.resource)
        if watched is None:
            if len(self._watched) >= _MOST:
                return
            memory = self._memories.pop(part.resource)
            watched = self._watched[part.resource] = Watched(Model(part.resource, self._learning, memory))
        watched.model.add(part)

    def _begin(self) -> None:
        """What was going on when the process before this one ended is over, as far as anybody knows."""
        now = time.time()
        self._runtime.store.writing(lambda tx: events.abandon(tx, now))

    def _tick(self) -> None:
        now = time.time()
        changed = False
        looked: dict[str, list[Second]] = {}
        second = int(now - _LAG) - 1
        answers = self._answers.read(second)
        for arn, watched in self._watched.items():
            told = answers.get(arn, Answers(second, 0))
            watched.model.answers(msgspec.structs.replace(told, unhealthy=self.unhealthy.get(arn, 0.0)))
            step = watched.tick(now - _LAG)
            looked[arn] = step.seconds
            self._follow(watched, step, now)
            changed |= step.rules
        self._groups.take(looked)
        for watched in self._groups.watched.values():
            self._follow(watched, watched.tick(now - _LAG), now)
        if changed or now - self._reconciled >= _RECORD:
            self._reconciled = now
            self._respond(now)
            self._look_at_groups(now)
        self._say(now)
        if time.monotonic() - self._saved >= _SAVE:
            self._save()

    def _follow(self, watched: Watched, step: Step, now: float) -> None:
        """Keep the record of an attack."""
        if step.opened is not None:
            watched.attack, watched.event, watched.mitigations = str(uuid.uuid4()), step.opened, []
            watched.told = []
            because = ", ".join(step.opened.because)
            log.warning("attack %s on %s: %s", watched.attack, watched.model.resource, because)
        due = watched.event is not None and now - watched.recorded >= _RECORD
        if step.opened or step.closed or step.rules or due:
            self._record(watched, now, opened=step.opened is not None, closed=step.closed is not None)

    def _look_at_groups(self, now: float) -> None:
        with self._runtime.store.reading() as reader:
            views = events.groups(reader, self._watched)
        for gone in self._groups.refresh(views):
            assert gone.event is not None
            gone.event.ended = int(now)
            self._record(gone, now, opened=False, closed=True)

    def _record(self, watched: Watched, now: float, *, opened: bool, closed: bool) -> None:
        event, attack = watched.event, watched.attack
        assert event is not None
        assert attack is not None
        watched.recorded = now
        model = watched.model
        explained = event.explained() | {
            "rules": [{"name": name_of(one), "acts": acts, "why": explain(one)} for one, acts in model.rules],
            "history": model.response.history,
            **watched.about,
        }
        told = watched.told
        offenders = model.offenders(event) if closed else []

        def write(tx: Transaction) -> events.Told | None:
            if told:
                explained["engagement"] = told
            events.save(
                tx, attack, model.resource,
                started=event.started, ended=event.ended, vectors=event.vectors,
                detail=event.detail(watched.mitigations if watched.stored else []), explained=explained, now=now,
            )  # fmt: skip
            if offenders:
                events.remember(tx, model.resource, offenders, now)
            return events.to_be_told(tx, model.resource) if opened or closed else None

        whom = self._runtime.store.writing(write)
        if whom is not None:
            said = {
                "attackId": attack, "resourceArn": model.resource, "startTime": event.started,
                "endTime": event.ended, "attackVectors": list(event.vectors), "state": "ended" if closed else "started",
                "requestsPerSecond": round(event.requests.most), "expectedRequestsPerSecond": round(event.expected, 1),
            }  # fmt: skip
            self._engagement.tell(whom, said, told.append)
        if closed:
            watched.event = watched.attack = None

    def _respond(self, now: float) -> None:
        """See that web ACLs have the rules that are wanted, and no others."""
        wanted = {arn: watched.model.rules for arn, watched in self._watched.items() if watched.event is not None}
        store = self._runtime.store
        with store.reading() as reader:
            stale = events.differing(reader, wanted, now=now)
            enabled = events.responding(reader, list(wanted))
        if stale:
            store.writing(lambda tx: events.respond(tx, wanted, now=now))
        for arn, watched in self._watched.items():
            watched.stored = arn in enabled

    def _say(self, now: float) -> None:
        attacked: dict[str, Suspicion | None] = {
            events.resource_id(arn): watched.model.suspicion
            for arn, watched in self._watched.items()
            if watched.event is not None
        }
        path = self._directory / ATTACKED
        if attacked or path.exists():
            new = self._directory / f".{ATTACKED}.new"
            new.write_bytes(msgspec.msgpack.encode(attacked))
            new.rename(path)
        everything = (*self._watched.values(), *self._groups.watched.values())
        write_floods(self._directory, FloodStatus(now, [watched.status() for watched in everything]))

    def _save(self) -> None:
        self._saved = time.monotonic()
        everything = self._watched | self._groups.watched
        self._memories.save({arn: watched.model.memory() for arn, watched in everything.items()})
