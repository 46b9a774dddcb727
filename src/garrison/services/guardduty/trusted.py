"""Trusted lists: nothing that comes from, or goes to, an address on one is a finding.

Source: user guide, "Working with trusted IP lists": they keep findings from being made of VPC flow and CloudTrail
records; IP sets say nothing of DNS, trusted entity sets do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from garrison.aws.generations import Generations
from garrison.detect.detection import Detection
from garrison.detect.intel import Lists
from garrison.services.guardduty.findings import admitting
from garrison.services.guardduty.lists import active
from garrison.services.guardduty.resources import EPOCH, Detector
from garrison.store import Reader, Resource, Transaction

_KNOWN: Generations[tuple[str, int], Lists | None] = Generations(256)
_ADDRESSES = ("ipAddressV4", "ipAddressV6")


def trusted(reader: Reader, detector: Resource[Detector]) -> Lists | None:
    """The trusted lists that count for a detector; None without any."""
    key = (detector.id, reader.epoch(EPOCH, ""))
    known = _KNOWN.get(key)
    if known is not None:
        return known
    some = [one for one in active(reader, detector.account, detector.region) if one.trusted]
    if not some:
        return None
    # What is on them is looked up as on any list, so they are asked as if they were lists of threats.
    made = Lists([msgspec.structs.replace(one, trusted=False) for one in some], canaries=False, everywhere=True)
    _KNOWN.put(key, made)
    return made


def remote(action: dict[str, Any]) -> Iterator[str]:
    """The addresses at the other end of an action."""
    for name, value in action.items():
        if name == "remoteIpDetails" and isinstance(value, dict):
            yield from (str(value[one]) for one in _ADDRESSES if value.get(one))
        elif isinstance(value, dict):
            yield from remote(value)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    yield from remote(one)


@admitting
def admit(
    tx: Transaction, detector: Resource[Detector], detections: Sequence[Detection], now: float
) -> Sequence[Detection]:
    """The detections that are not about somebody trusted."""
    lists = trusted(tx, detector)
    if lists is None:
        return detections
    names = {one.name for one in lists.lists}

    def known(detection: Detection) -> bool:
        found = [match for address in remote(detection.action) for match in lists.address(address)]
        domain = detection.action.get("dnsRequestAction", {}).get("domain")
        if domain:
            found += lists.name(str(domain))
        return any(match.list_name in names for match in found)

    return [one for one in detections if not known(one)]
