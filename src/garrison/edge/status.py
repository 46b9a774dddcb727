"""What the edge says of itself, in a file of its directory: for `garrison status` and `garrison doctor`."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

NAME = "status.json"


class ListenerStatus(msgspec.Struct, frozen=True):
    """One listener."""

    resource: str
    """ARN of the load balancer or distribution."""
    url: str
    """Where it is on this machine."""
    public_port: int
    web_acl: str | None = None


class EdgeStatus(msgspec.Struct, frozen=True):
    """The edge as it runs."""

    pid: int
    mode: str
    """`envoy` or `embedded`."""
    listeners: tuple[ListenerStatus, ...] = ()
    envoy: int | None = None
    """Envoy's process."""
    envoy_restarts: int = 0
    workers: tuple[int, ...] = ()
    """Processes that inspect requests."""
    worker_restarts: int = 0
    closed: dict[str, int] = {}
    """Clients' connections that the protection that is always on has closed, by the reason."""
    problem: str | None = None
    """What is not served as it is configured, and why."""


def write_status(directory: Path, status: EdgeStatus) -> None:
    """Leave word."""
    new = directory / f".{NAME}.new"
    new.write_bytes(msgspec.json.encode(status))
    new.rename(directory / NAME)


def read_status(directory: Path) -> EdgeStatus | None:
    """What the edge said last, or None if none runs there."""
    try:
        status = msgspec.json.decode((directory / NAME).read_bytes(), type=EdgeStatus)
        os.kill(status.pid, 0)
    except (OSError, msgspec.DecodeError):
        return None
    return status
