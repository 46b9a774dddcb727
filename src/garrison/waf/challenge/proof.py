"""The proof of work: sealed by us, bound to one client and host, good once and for minutes."""

from __future__ import annotations

import hashlib
import os

import msgspec

from garrison.waf.request import Request
from garrison.waf.state import State
from garrison.waf.token import client_of, host_of

DIFFICULTY = 15
"""Leading zero bits of the digest: 32,768 digests on average, most of a second in a phone's browser."""
LIFETIME = 300
"""Seconds from page to answer."""


class Task(msgspec.Struct, frozen=True, array_like=True):
    """What a client has to find a counter for."""

    mark: bytes
    client: bytes
    host: str
    issued: int
    bits: int


def new_task(request: Request, state: State, now: float) -> str:
    """A sealed task for the client of a request."""
    task = Task(os.urandom(12), client_of(request), host_of(request), int(now), DIFFICULTY)
    return state.tokens.seal(b"proof", msgspec.msgpack.encode(task))


def is_done(sealed: bytes, counter: bytes, request: Request, state: State, now: float) -> bool:
    """Whether this client has done a task of ours, in time and for the first time."""
    opened = state.tokens.open(b"proof", sealed)
    if opened is None or not counter.isdigit() or len(counter) > 16:
        return False
    try:
        task = msgspec.msgpack.decode(opened, type=Task)
    except msgspec.DecodeError:
        return False
    if task.client != client_of(request) or task.host != host_of(request) or not 0 <= now - task.issued <= LIFETIME:
        return False
    digest = int.from_bytes(hashlib.sha256(sealed + b":" + counter).digest(), "big")
    return digest >> (256 - task.bits) == 0 and state.once.first(task.mark, task.issued + LIFETIME, now)
