"""What detection watches: the enabled detectors, with the protection plans each has."""

from __future__ import annotations

import msgspec

from garrison.services.guardduty.features import enabled
from garrison.services.guardduty.resources import DETECTOR, DETECTORS, EPOCH
from garrison.store import Reader

__all__ = ["EPOCH", "Watched", "watched"]


class Watched(msgspec.Struct, frozen=True):
    """An account and region in which GuardDuty is enabled."""

    account: str
    region: str
    detector_id: str
    features: frozenset[str]
    """Plans that are on, foundational ones (`CLOUD_TRAIL`, `DNS_LOGS`, `FLOW_LOGS`) with them."""


def watched(reader: Reader) -> list[Watched]:
    """Every enabled detector. It is another list only once the epoch (`EPOCH`, "") has moved."""
    found = []
    for link in reader.targets(DETECTORS, DETECTORS):
        row = reader.by_id(DETECTOR, link.target)
        if row is not None and row.body.enabled:
            found.append(Watched(row.account, row.region, row.id, enabled(row.body)))
    return found
