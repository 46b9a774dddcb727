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
    before: tuple[Event, ...] = ()
    """What was usual: learned from, and nothing comes of it."""
    fires: tuple[str, ...] = ()
    """Exactly the types that come out."""
    times: int = 0
    """How many detections; 0: any number."""
    near: tuple[str, ...] = ()
    intel: Mapping[str, tuple[str, ...]] = {}
    """Address or name -> categories of lists it is on; `trusted` is one."""
    for_windows: bool = False
    """Whether detectors of windows are asked with its lists too: no other case may have its addresses then."""
    known: Mapping[tuple[str, str], Mapping[str, Any]] = {}
    """(kind, id) -> what is known of it."""
    places: Mapping[str, int] = {}
    """Address -> ASN; any entry makes a database of everything else."""
    countries: Mapping[str, str] = {}
    """Address -> country; of others nothing is known, or NL where there are `places`."""


def fires(name: str, type: str, *events: Event) -> Case:
    """A case of one type."""
    return Case(name=name, events=events, fires=(type,))


def near(name: str, types: tuple[str, ...], *events: Event) -> Case:
    """A near miss."""
    return Case(name=name, events=events, near=types)
