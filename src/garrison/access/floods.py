"""What is known of the traffic at this moment, in a file of the edge's directory: for `garrison shield watch`."""

from __future__ import annotations

from pathlib import Path

import msgspec

NAME = "floods.json"
STALE = 5.0
"""Seconds."""


class RuleStatus(msgspec.Struct, frozen=True):
    """A rule against an attack."""

    name: str
    acts: bool
    """False: it only counts so far."""
    stored: bool
    """Whether it is in the web ACL: automatic response is enabled."""
    why: str


class ResourceStatus(msgspec.Struct, frozen=True):
    """One resource."""

    resource: str
    learning: str
    """`normal` or `fast`."""
    ready: bool
    """Whether there is a baseline yet."""
    learned: int
    """Calm seconds so far."""
    needed: int
    expected: float
    """Requests per second."""
    line: float
    """From how many requests per second on it may be an attack."""
    rates: list[tuple[int, int]]
    """(requests, refused) of the last minute's seconds."""
    distances: dict[str, float] = {}
    """How far the make-up is from what is normal, where it was looked at last."""
    attack: str | None = None
    """Id of the one that goes on."""
    started: int | None = None
    sources: int = 0
    vectors: dict[str, dict[str, float]] = {}
    """Of the attack that goes on: vector -> unit (`RequestsPerSecond`, `BitsPerSecond`) -> of the last second."""
    rules: list[RuleStatus] = []


class FloodStatus(msgspec.Struct, frozen=True):
    """Everything, at a time."""

    time: float
    resources: list[ResourceStatus] = []


def write_floods(directory: Path, status: FloodStatus) -> None:
    """Leave word."""
    new = directory / f".{NAME}.new"
    new.write_bytes(msgspec.json.encode(status))
    new.rename(directory / NAME)


def read_floods(directory: Path) -> FloodStatus | None:
    """What was said last; None if nobody watches there."""
    try:
        return msgspec.json.decode((directory / NAME).read_bytes(), type=FloodStatus)
    except (OSError, msgspec.DecodeError):
        return None


def current_floods(directory: Path, now: float) -> FloodStatus | None:
    """The same, unless it is of a while ago: whoever watched has ended."""
    said = read_floods(directory)
    return None if said is None or now - said.time > STALE else said
