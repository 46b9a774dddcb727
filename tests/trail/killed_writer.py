"""A writer made to be killed: says on standard output what has been acknowledged to it, one line each.

Run as `python -m tests.trail.killed_writer DATABASE DATA_DIR NAME`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from garrison.store import Kind, Transaction
from garrison.store.open import open_store
from garrison.trail.event import event
from garrison.trail.log import Trail
from garrison.trail.record import TrailEntry
from tests.trail.calls import ACCOUNT, call


class Thing(msgspec.Struct, frozen=True):
    """What is written."""

    request: str


THING = Kind("test.thing", Thing)
RELATION = "test.written-by"
AT_ONCE = 8


def entry(request: str, operation: str) -> TrailEntry:
    """The event of one request."""
    return event(call("iam", operation, {"UserName": request}, request_id=request))


def change(trail: Trail, request: str) -> Callable[[Transaction], None]:
    """A change that touches several tables, with its event."""

    def function(tx: Transaction) -> None:
        tx.insert(THING, ACCOUNT, request, Thing(request), id=request, created=1)
        tx.link(RELATION, ACCOUNT, "everybody", request)
        trail.record_change(tx, entry(request, "CreateUser"))
        tx.set_lookup(RELATION, request, request)
        tx.bump("iam", ACCOUNT)

    return function


async def main(database: str, data_dir: str, name: str) -> None:
    store = open_store(database)
    trail = Trail(store, Path(data_dir))

    async def client(number: int) -> None:
        for n in range(1_000_000):
            request = f"{name}-{number}-{n}"
            await store.write(change(trail, request))
            os.write(1, f"{request}\n".encode())

    async def reader() -> None:
        for n in range(1_000_000):
            request = f"{name}-read-{n}"
            trail.record_read(entry(request, "GetUser"))
            await asyncio.to_thread(trail.flush)
            os.write(1, f"{request}\n".encode())

    await asyncio.gather(reader(), *(client(number) for number in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
