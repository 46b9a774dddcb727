"""Whether an address may be one of Amazon's networks.

`data/amazon_ranges.txt` has them widened to whole /16, as of its date: an address outside is almost surely not AWS's.
It may still be a customer's own, brought to AWS (BYOIP); those are not published.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

from garrison.detect.intel.ranges import AddressRanges

ASNS = frozenset({7224, 8987, 9059, 10124, 14618, 16509, 17493, 19047, 36263, 39111, 62785})
"""Autonomous systems of Amazon's."""


@cache
def _ranges() -> AddressRanges[bool]:
    text = resources.files(__package__).joinpath("data", "amazon_ranges.txt").read_text(encoding="utf-8")
    return AddressRanges((line, True) for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=65536)
def maybe_amazon(address: str) -> bool:
    """Whether it is in, or beside, a network of Amazon's."""
    return bool(_ranges().at(address))
