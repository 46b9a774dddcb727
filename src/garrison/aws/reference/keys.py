"""The condition keys Garrison supplies, as data: where each comes from and whether a test shows it deciding."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec


class SuppliedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition key."""

    key: str
    """AWS's spelling, with its placeholder."""
    source: str
    """Where the value comes from."""
    flips: bool = False
    """A scenario shows the value changing a decision."""
    why: str | None = None
    """Why there is no such scenario."""


@cache
def supplied_keys() -> tuple[SuppliedKey, ...]:
    """All of them, in the order of the file."""
    text = (resources.files("garrison.aws.reference") / "keys.yaml").read_bytes()
    return tuple(msgspec.yaml.decode(text, type=list[SuppliedKey]))
