"""How far the edge of this machine has come with what the store says of it.

Whoever puts a web ACL before a resource is answered when no request passes without its verdict any more. The edge
leaves word, in its directory, of the last change that is in force; the call that made a change waits until it is that
one. Where no edge runs nothing is served, and there is nothing to wait for: one that starts says that it does before it
reads the store. Edges of other machines at the same database are not asked; they follow within moments.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from garrison.access.runtime import Runtime
from garrison.access.sites import EDGE, EVERYBODY
from garrison.store import Transaction

NAME = "in-force.json"
STARTING = -1
"""The edge has begun to read; nothing is confirmed."""


class InForce(msgspec.Struct, frozen=True):
    """What the edge says."""

    pid: int
    started: str
    """When that process started, as the kernel counts: others may get its number later."""
    epoch: int
    """Of `(EDGE, EVERYBODY)`: this change and all before it are in force."""


def say(directory: Path, epoch: int) -> None:
    """The edge leaves word."""
    new = directory / f".{NAME}.new"
    new.write_bytes(msgspec.json.encode(InForce(os.getpid(), _started(os.getpid()) or "", epoch)))
    new.rename(directory / NAME)


def when_in_force(runtime: Runtime, tx: Transaction) -> Callable[[], bool]:
    """For `call.settled`: whether what this transaction has changed so far is in force at the edge of this machine."""
    epoch = tx.epoch(EDGE, EVERYBODY)
    directory = runtime.edge.directory
    return lambda: directory is None or reached(directory, epoch)


def reached(directory: Path, epoch: int) -> bool:
    """Whether the edge that has this directory has said so, or none runs."""
    try:
        said = msgspec.json.decode((directory / NAME).read_bytes(), type=InForce)
    except (OSError, msgspec.DecodeError):
        return True
    return said.epoch >= epoch or _started(said.pid) != said.started


def _started(pid: int) -> str | None:
    """None: there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return None if Path("/proc/self/stat").exists() else ""
