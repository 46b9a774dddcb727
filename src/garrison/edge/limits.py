"""What every listener takes from its clients, without set-up: the numbers of the protection that is always on.

Where AWS documents a number it is AWS's; where it documents none, it is that of a well-known server, which is named.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds, bytes and counts. 0 switches a rate or a limit per source off."""

    connections: int = 20_000
    """Clients' connections at a time, over all listeners. Those beyond are refused."""
    connections_per_source: int = 1_000
    """Of one address, to one listener. The newest beyond it are closed."""
    head_seconds: float = 10.0
    """For request line and headers (nginx: 60, Apache: 20 to 40)."""
    body_rate: float = 240.0
    """Bytes a second a request's body must come with on average (Kestrel's)."""
    body_grace: float = 20.0
    """Seconds before a body's rate counts (Apache's)."""
    read_rate: float = 240.0
    """Bytes a second a client must take while something waits to be sent to it (Kestrel's)."""
    read_grace: float = 60.0
    """Seconds that it may take less: the idle timeout of load balancers."""
    streams: int = 128
    """HTTP/2 streams at a time in one connection (Application Load Balancer's)."""
    resets: int = 200
    """Streams of one HTTP/2 connection after which it is closed if more than half were reset within a second."""
    heap: int = 1 << 30
    """Bytes of memory that Envoy may take."""
    judge_seconds: float = 4.0
    """An inspection may take, waiting for a worker included; then its request is refused. More than `silence`: what a
    worker that hangs was asked is then judged by the one that takes its place."""
    silence: float = 3.0
    """Seconds an inspection worker may give no sign of life before another takes its place."""


NAMES = Limits.__struct_fields__


def limits_of(chosen: Mapping[str, float]) -> Limits:
    """The defaults, but for what was chosen. Raises `ValueError` for a name or a number that cannot be."""
    for name, value in chosen.items():
        if name not in NAMES:
            raise ValueError(f"{name} is no limit of the edge: they are {', '.join(NAMES)}")
        if value < 0:
            raise ValueError(f"{name} must not be negative")
    try:
        return msgspec.convert(dict(chosen), Limits, strict=False)
    except msgspec.ValidationError as e:
        raise ValueError(f"limits of the edge: {e}") from None
