"""The aspects of a resource that decisions may rest on, and how a service's are read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from garrison.aws.reference import Check
from garrison.gateway.upstream.ask import Ask

Tags = dict[str, str]


class Side(msgspec.Struct, frozen=True):
    """The resource's own word."""

    exists: bool = True
    arn: str | None = None
    """The whole ARN, where the call named less."""
    policy: str | None = None
    limits_public: bool = False
    """A public policy counts for the owner's account only (S3's RestrictPublicBuckets)."""
    blocks_public: bool = False
    """It takes no public policy (S3's BlockPublicPolicy)."""


class Place(msgspec.Struct, frozen=True):
    """A resource as its ARN names it."""

    arn: str
    partition: str
    service: str
    region: str
    account: str
    name: str
    """The rest: `table/people`, `bucket/key`."""


def place_of(arn: str, region: str) -> Place | None:
    """The parts of an ARN (with `region` where it names none), or None for what is none."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    return Place(arn, parts[1], parts[2], parts[3] or region, parts[4], parts[5])


Named = Callable[[Place, Check], str | None]
"""The ARN of what carries policy and tags, for a check: the bucket of an object. None: nothing is to be read."""

ReadSide = Callable[[Ask, Place], Awaitable[Side]]
ReadTags = Callable[[Ask, Place], Awaitable[Tags]]
ReadMore = Callable[[Ask, Place], Awaitable[Any]]
Settle = Callable[[Any, Place, Check, Mapping[str, Any]], dict[str, str | tuple[str, ...]]]


class Aspects(msgspec.Struct, frozen=True):
    """One service's. All functions raise `Unreadable` where the upstream does not say."""

    carrier: Named
    side: ReadSide | None = None
    tags: ReadTags | None = None
    schema: ReadMore | None = None
    """Whatever `settle` needs, read when a policy asks for one of `settles`."""
    settles: frozenset[str] = frozenset()
    """Parts of condition keys, lower case, that call for `schema`."""
    settle: Settle | None = None
    """Condition keys from the schema, the place, the check and the call's parameters."""
    whole: Callable[[Place], bool] = lambda place: "*" not in place.name
    """Whether the place names one resource."""
    aliased: bool = False
    """Whether one resource goes by several ARNs, so that a write to one may change what was read of another."""
    described: str = "resource"
    """What a policy of it is called: `bucket` gives `bucket policy`."""
