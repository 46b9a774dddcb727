"""What CloudTrail stores.

- `TRAIL`: named by the trail's name, under its account; its parent is its home region, its id is of no meaning
- `DELIVERY`: how far a trail's events were delivered; under no account, named by the id of its trail. It outlives the
  trail until what happened before the trail was deleted has arrived.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.store import Kind, Resource
from garrison.trail.position import Position


class Trail(msgspec.Struct, frozen=True, omit_defaults=True):
    """One trail."""

    bucket: str
    prefix: str = ""
    every_region: bool = False
    global_services: bool = True
    key: str | None = None
    """ARN of the KMS key its files are sealed with."""
    selectors: tuple[dict[str, Any], ...] = ()
    """Basic event selectors in the API's shape; neither these nor others are all management events."""
    advanced: tuple[dict[str, Any], ...] = ()
    """Advanced event selectors in the API's shape."""
    tags: dict[str, str] = {}


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """A time in which a trail was logging."""

    start: float
    end: float | None = None


class Pending(msgspec.Struct, frozen=True):
    """Files that are being written: the events up to here, with names of this time. So they can be written again."""

    until: Position
    time: float


class Deleted(msgspec.Struct, frozen=True):
    """A trail that is gone, and still has events to deliver."""

    account: str
    name: str
    region: str
    body: Trail


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a trail stands."""

    at: Position = Position()
    spans: tuple[Span, ...] = ()
    """When it was logging, as far as not everything of it is delivered; the last may be open."""
    pending: Pending | None = None
    started: float | None = None
    stopped: float | None = None
    looked: float = 0.0
    """When somebody last looked for something to deliver."""
    attempted: float | None = None
    delivered: float | None = None
    error: str = ""
    deleted: Deleted | None = None

    @property
    def logging(self) -> bool:
        """Whether the trail is switched on."""
        return bool(self.spans) and self.spans[-1].end is None


TRAIL = Kind("cloudtrail.trail", Trail)
DELIVERY = Kind("cloudtrail.delivery", Delivery)


def arn_of(partition: str, row: Resource[Trail]) -> str:
    """A trail's ARN."""
    return trail_arn(partition, row.account, row.parent, row.name)


def trail_arn(partition: str, account: str, region: str, name: str) -> str:
    """The ARN of a trail by its home region and name."""
    return f"arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"
