"""A lake kept in order: small files put together, old days removed."""

from __future__ import annotations

import time
from collections.abc import Iterable

from garrison.detect.lake.lake import Lake
from garrison.detect.lake.state import Part

FEWEST = 16
"""Files of about one size in a partition before they are put together."""
_LARGEST = 2_000_000
"""Rows of a file, at most."""


def compact(lake: Lake, places: Iterable[tuple[str, str, str, str]] | None = None, fewest: int = FEWEST) -> int:
    """Put files of a partition together; those of all partitions without `places`. How many files are gone.

    Files of about one size (a power of ten of rows) go together, so that each row is written but a few times however
    many files come. With `fewest=2` sizes do not matter.
    """
    found = {(part.kind, part.account, part.region, part.day) for part in lake.state.parts()}
    gone = 0
    for place in found if places is None else found.intersection(places):
        classes: dict[int, list[Part]] = {}
        for part in lake.state.parts_at(*place):
            if part.rows < _LARGEST:
                classes.setdefault(0 if fewest == 2 else len(str(part.rows)), []).append(part)
        for parts in classes.values():
            together: list[Part] = []
            ends: list[Part | None] = [*parts, None]
            for following in ends:
                full = following is None or sum(one.rows for one in together) + following.rows > _LARGEST
                if full and len(together) >= fewest:
                    lake.replace(place, together, [lake.read(one) for one in together])
                    gone += len(together) - 1
                if full:
                    together = []
                if following is not None:
                    together.append(following)
    return gone


def expire(lake: Lake, days: int, now: float) -> list[Part]:
    """Remove the files of days before the last `days`; which they were."""
    oldest = time.strftime("%Y-%m-%d", time.gmtime(now - (days - 1) * 86400))
    old = [part for part in lake.state.parts() if part.day < oldest]
    with lake.state.writing():
        lake.state.drop_parts(part.path for part in old)
    lake.remove(old)
    return old
