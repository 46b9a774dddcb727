"""What an inspector tells of one resource and one second: exact counts, and samples of the requests."""

from __future__ import annotations

import msgspec


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One request."""

    values: tuple[str, ...]
    """Of `attributes.DIMENSIONS`."""
    refused: bool = False
    """Whether the web ACL answered it instead of passing it on."""


class Slice(msgspec.Struct, array_like=True):
    """A second, or a part of one. `samples` are drawn evenly from all `requests`."""

    resource: str
    """ARN."""
    second: int
    requests: int
    refused: int = 0
    size: int = 0
    """Bytes of request bodies."""
    samples: list[Sample] = []


class Answers(msgspec.Struct, frozen=True, array_like=True):
    """How the application did, of the requests that reached it, as was known in a second."""

    second: int
    answered: int
    failed: int = 0
    """With a 5xx."""
    slow: float = 0.0
    """Median seconds until it answered."""
    unhealthy: float = 0.0
    """Share of its targets that fail their health checks."""
