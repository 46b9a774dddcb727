"""Which custom detection rules run for an account, and what becomes of what they find.

Where several say so, live counts before a dry run. A dry run makes no findings: its matches are counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from garrison.detect.custom.rules import name_of
from garrison.detect.detection import Detection
from garrison.services.guardduty import custom_rules, rule_organization
from garrison.services.guardduty.custom_rules import LIVE
from garrison.services.guardduty.findings import admitting
from garrison.services.guardduty.resources import Detector
from garrison.store import Reader, Resource, Transaction

_KNOWN = 1_000


def associated(reader: Reader, account: str, region: str, now: float) -> list[str]:
    """Ids of the rules to run for an account, live or dry."""
    own = [row.name for row in custom_rules.standing(reader, account, region, now)]
    given = [row.body.rule for row in rule_organization.standing(reader, account, region, now)]
    return list(dict.fromkeys([*own, *given]))


def _live(reader: Reader, account: str, region: str, now: float) -> set[str]:
    own = [row.name for row in custom_rules.standing(reader, account, region, now) if row.body.mode == LIVE]
    given = rule_organization.standing(reader, account, region, now)
    return {name_of(id) for id in [*own, *(row.body.rule for row in given if row.body.mode == LIVE)]}


@admitting
def admit(
    tx: Transaction, detector: Resource[Detector], detections: Sequence[Detection], now: float
) -> Sequence[Detection]:
    """Of what custom rules found, that of live ones; the rest is counted."""
    if not any(one.rule for one in detections):
        return detections
    live = _live(tx, detector.account, detector.region, now)
    for row in custom_rules.standing(tx, detector.account, detector.region, now):
        name = name_of(row.name)
        marks = [_mark(one) for one in detections if one.rule == name]
        new = [mark for mark in dict.fromkeys(marks) if mark not in row.body.known]
        if new:
            body = msgspec.structs.replace(
                row.body, matches=row.body.matches + len(new), known=(*row.body.known, *new)[-_KNOWN:]
            )
            tx.update(row, body)
    return [one for one in detections if not one.rule or one.rule in live]


def _mark(detection: Detection) -> str:
    return hashlib.sha256(detection.occurrence.encode()).hexdigest()[:16]
