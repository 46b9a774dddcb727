"""An inspection worker's process.

It is told its settings, and the socket to listen on, by the edge. With the program in memory it waits to be told to
load: then it reads the store, compiles what judges, and says when it is ready; then it waits to be told to begin. So a
spare one can take over at once from one that died, and the next one is soon ready in its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable

import msgspec
import uvloop

from garrison import services
from garrison.access.runtime import Runtime
from garrison.access.traffic import NAME, Traffic
from garrison.edge.floods.observer import Observer
from garrison.edge.inspection.connection import CheckConnection, Inspector
from garrison.edge.inspection.follow import Follower
from garrison.edge.inspection.guards import AT_THE_EDGE
from garrison.edge.inspection.locate import locate_with
from garrison.edge.inspection.records import Records
from garrison.edge.inspection.shared import NAME as SHARED
from garrison.edge.inspection.shared import SharedCounters, SharedOnce
from garrison.edge.inspection.token_key import token_key
from garrison.edge.limits import limits_of
from garrison.edge.runtime import edge_runtime
from garrison.gateway import logs
from garrison.gateway.settings import Settings
from garrison.waf import State, TokenKeys

log = logging.getLogger("garrison.edge")

LOAD, READY, BEGIN = b"l", b"r", b"b"
BEAT = 0.5
"""Seconds between two signs of life."""


def alive(epoch: int) -> bytes:
    """A sign of life, and which sites are known."""
    return b"%d;" % epoch


async def serve(listening: socket.socket, inspector: Inspector, told: int, sign: Callable[[], None]) -> None:
    """Judge until the edge is gone."""
    loop = asyncio.get_running_loop()

    def beat() -> None:
        sign()
        loop.call_later(BEAT, beat)

    beat()
    begin, end = asyncio.Event(), asyncio.Event()

    def hear() -> None:
        heard = os.read(told, 1)
        if heard == BEGIN:
            begin.set()
        else:
            loop.remove_reader(told)
            begin.set()
            end.set()

    loop.add_reader(told, hear)
    await begin.wait()
    if end.is_set():
        return
    server = await loop.create_unix_server(lambda: CheckConnection(inspector), sock=listening, backlog=1024)
    await end.wait()
    server.close()


def run(settings: Settings, runtime: Runtime, listening: socket.socket, told: int, ready: int) -> None:
    """Load, say so, judge."""
    assert runtime.edge.directory is not None
    locate = locate_with(settings.geo_databases)
    observer = Observer(runtime.edge.directory, locate)
    key = token_key(runtime.edge.directory)
    shared = runtime.edge.directory / SHARED if settings.edge_workers > 1 else None
    state = State(
        counters=SharedCounters(shared) if shared else None,
        once=SharedOnce(shared) if shared else None,
        secret=key if shared else None,
        tokens=TokenKeys(key),
        locate=locate,
        floods=lambda: observer.attacked,
    )
    records = Records(Traffic(runtime.edge.directory / NAME), observer)
    follower = Follower(runtime)

    def sign() -> None:
        # A full pipe or one that nobody reads is the edge's business.
        with contextlib.suppress(OSError):
            os.write(ready, alive(follower.epoch))

    os.set_blocking(ready, False)
    follower.catch_up()
    records.start()
    os.write(ready, READY)
    follower.told = sign
    follower.start()
    seconds = limits_of(settings.edge_limits).judge_seconds
    try:
        uvloop.run(serve(listening, Inspector(state, records, lambda: follower.guards, seconds), told, sign))
    finally:
        follower.stop()
        records.stop()


def main() -> int:
    """File descriptors as arguments, settings on standard input up to its end."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    told, ready = int(sys.argv[2]), int(sys.argv[3])
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings, dec_hook=lambda type_, value: type_(value))
    logs.set_up(settings.log_level)
    services.load(AT_THE_EDGE)
    if os.read(told, 1) != LOAD:
        return 0
    runtime = edge_runtime(settings, secrets=False)
    try:
        run(settings, runtime, listening, told, ready)
    finally:
        runtime.store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
