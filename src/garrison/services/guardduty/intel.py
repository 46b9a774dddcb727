"""What the active lists of an account say of addresses and names."""

from __future__ import annotations

from garrison.detect.intel import Lists
from garrison.services.guardduty.lists import active
from garrison.store import Reader

__all__ = ["intel"]


def intel(reader: Reader, account: str, region: str, *, everywhere: bool = False) -> Lists:
    """The lists that count for an account, as detectors ask them. They are others only once ("guardduty", "") moved."""
    return Lists(active(reader, account, region), everywhere=everywhere)
