"""Findings that wait to be published: the first time within minutes, later occurrences as often as the detector says.

Source: user guide, "Setting the frequency for exporting updated active findings": new findings about 5 minutes after
they are made, further occurrences every 15 minutes, hour or six hours.
"""

from __future__ import annotations

import msgspec

from garrison.services.guardduty.resources import DETECTOR, NAME, Detector
from garrison.services.guardduty.standing import administered_by
from garrison.store import Kind, Reader, Resource, Transaction

FIRST = 300.0
FREQUENCIES = {"FIFTEEN_MINUTES": 900.0, "ONE_HOUR": 3_600.0, "SIX_HOURS": 21_600.0}


class Waiting(msgspec.Struct, frozen=True):
    """A finding that waits. Row: under no account, named by the finding's id."""

    queued: float
    due: float


WAITING = Kind("guardduty.waiting", Waiting)


def announce(tx: Transaction, detector: Resource[Detector], finding: str, *, first: bool, now: float) -> None:
    """Have a finding published, unless it waits already: then it goes out as it is by that time."""
    if tx.get(WAITING, "", finding) is not None:
        return
    delay = FIRST if first else FREQUENCIES[_frequency(tx, detector)]
    tx.insert(WAITING, "", finding, Waiting(now, now + delay), id=finding, created=now)


def _frequency(reader: Reader, detector: Resource[Detector]) -> str:
    """The administrator's, where there is one."""
    administrator = administered_by(reader, detector.account, detector.region)
    if administrator is not None:
        theirs = reader.get(DETECTOR, administrator.name, NAME, region=detector.region)
        if theirs is not None:
            return theirs.body.frequency
    return detector.body.frequency
