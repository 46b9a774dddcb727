"""A labelled example: events, and the finding types that must come of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.detect.events import Event


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case that fires has `fires`; a near miss has none, and says in `near` which types it is near to."""

    name: str
    """A sentence: what happens."""
    events: tuple[Event, ...]
    fires: tuple[str, ...] = ()
    """Exactly the types that come out."""
    near: tuple[str, ...] = ()
    intel: Mapping[str, tuple[str, ...]] = {}
    """Address or name -> categories of lists it is on."""
    known: Mapping[tuple[str, str], Mapping[str, Any]] = {}
    """(kind, id) -> what is known of it."""
    places: Mapping[str, int] = {}
    """Address -> ASN; any entry makes a database of everything else."""
    rename: bool = True
    """Whether it must fire under other names too. False only where a name is the signal."""


def fires(name: str, type: str, *events: Event) -> Case:
    """A case of one type."""
    return Case(name=name, events=events, fires=(type,))


def near(name: str, types: tuple[str, ...], *events: Event) -> Case:
    """A near miss."""
    return Case(name=name, events=events, near=types)
