"""Who has tags: services say which of their resources the Resource Groups Tagging API finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from garrison.store import Reader


class Tagged(msgspec.Struct, frozen=True):
    """A resource with tags."""

    arn: str
    type: str
    """Its resource type as the API names it: `iam:policy`."""
    tags: dict[str, str]


class TaggedProvider(Protocol):
    """One service's tagged resources of an account in a region."""

    def __call__(self, reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]: ...


_providers: dict[str, TaggedProvider] = {}


def provide_tagged(service: str, provider: TaggedProvider) -> None:
    """Register a service's provider."""
    _providers[service] = provider


def tagged(reader: Reader, partition: str, account: str, region: str) -> list[Tagged]:
    """Every resource of an account in a region that has tags, by ARN."""
    found = [one for p in _providers.values() for one in p(reader, partition, account, region) if one.tags]
    return sorted(found, key=lambda one: one.arn)
