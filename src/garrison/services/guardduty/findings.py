"""Detections become findings: counted, suppressed, brought back.

`record` is what the sensor calls with each batch. It may run again after a conflict, and is told some occurrences more
than once: an occurrence counts once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from garrison.detect.detection import Detection
from garrison.detect.finding import grouped, opened, recurred, seconds
from garrison.services.guardduty import criteria, type_features
from garrison.services.guardduty.features import enabled
from garrison.services.guardduty.outbox import announce
from garrison.services.guardduty.resources import (
    DETECTOR,
    FILTER,
    FINDING,
    ISSUE,
    NAME,
    Detector,
    Finding,
    Issue,
)
from garrison.services.guardduty.standing import administered_by
from garrison.store import Reader, Resource, Transaction

RETENTION = 90 * 86_400
"""Seconds a finding is kept after it was last updated. Source: user guide, "GuardDuty quotas"."""
_REMEMBERED = 1_000
"""Occurrences of one finding that are known again."""

Admit = Callable[[Transaction, Resource[Detector], Sequence[Detection], float], Sequence[Detection]]

_admitting: list[Admit] = []


def admitting(function: Admit) -> Admit:
    """Register what is asked of a detector's detections before they count: trusted lists, custom rules."""
    _admitting.append(function)
    return function


def record(tx: Transaction, detections: Sequence[Detection], *, now: float, partition: str = "aws") -> list[str]:
    """Ids of the findings made or changed by a batch of detections.

    Only those of an account and region with an enabled detector, whose protection plan for the type is on, count.
    """
    by_place: dict[tuple[str, str], list[Detection]] = {}
    for one in detections:
        by_place.setdefault((one.account, one.region), []).append(one)
    changed: list[str] = []
    for (account, region), some in by_place.items():
        row = tx.get(DETECTOR, account, NAME, region=region)
        if row is None or not row.body.enabled:
            continue
        plans = enabled(row.body)
        admitted: Sequence[Detection] = [one for one in some if type_features.covered(one.type, plans)]
        for admit in _admitting:
            admitted = admit(tx, row, admitted, now)
        if admitted:
            changed += keep(tx, row, admitted, now=now, partition=partition)
    return changed


def keep(
    tx: Transaction, detector: Resource[Detector], detections: Sequence[Detection], *, now: float, partition: str
) -> list[str]:
    """Ids of the findings made or changed by detections that nothing stands against."""
    suppress = suppression(tx, detector)
    some = grouped(detections).items()
    kept = [_keep(tx, detector, name, group, suppress, now=now, partition=partition) for (_, _, name), group in some]
    return [id for id in kept if id is not None]


def suppression(reader: Reader, row: Resource[Detector]) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a finding is archived by a filter: the detector's own, or those of its account's administrator."""
    places = [(row.account, row.id)]
    administrator = administered_by(reader, row.account, row.region)
    if administrator is not None:
        theirs = reader.get(DETECTOR, administrator.name, NAME, region=row.region)
        if theirs is not None:
            # Members cannot manage filters (user guide, "Managing multiple accounts"): their administrator's count.
            places = [(theirs.account, theirs.id)]
    tests = [
        criteria.compiled(one.body.criteria, patterns=True)
        for account, parent in places
        for one in reader.page(FILTER, account, region=row.region, parent=parent)
        if one.body.action == "ARCHIVE"
    ]
    return lambda document: any(test(document) for test in tests)


def _keep(
    tx: Transaction,
    detector: Resource[Detector],
    name: str,
    group: Sequence[Detection],
    suppress: Callable[[Mapping[str, Any]], bool],
    *,
    now: float,
    partition: str,
) -> str | None:
    """Bring one issue's finding up to date; None if nothing about it changed."""
    place = {"region": detector.region, "parent": detector.id}
    issue = tx.get(ISSUE, detector.account, name, region=detector.region, parent=detector.id)
    known = None if issue is None else tx.by_id(FINDING, issue.body.finding)
    epoch = 0 if issue is None else issue.body.epoch
    if known is not None and expired(known, now):
        tx.delete(known)
        known = None
    if issue is not None and known is None:
        epoch += 1
    counted: dict[str, None] = {}
    if issue is not None and known is not None:
        counted = dict.fromkeys(issue.body.occurrences)
    before = None if known is None else known.body.document
    document, new = before, False
    for one in group:
        mark = hashlib.sha256(one.occurrence.encode()).hexdigest()[:16]
        if document is None:
            feature = type_features.shown(one.type)
            document = opened(
                one, detector_id=detector.id, now=now, epoch=epoch, partition=partition, feature=feature
            )  # fmt: skip
            new = True
        elif mark in counted:
            again = recurred(document, one, now=now, new=False)
            document = again if _differs(again, document) else document
        else:
            document, new = recurred(document, one, now=now, new=True), True
        counted[mark] = None
    assert document is not None
    if document is before:
        return None
    archived = suppress(document)
    if archived:
        document["service"]["archived"] = True
    body = Finding(
        document,
        suppressed=archived or (not new and known is not None and known.body.suppressed),
        comments="" if known is None else known.body.comments,
    )
    id = document["id"]
    if known is None:
        tx.insert(FINDING, detector.account, id, body, id=id, created=now, **place)
    else:
        tx.update(known, body, updated=now)
    state = Issue(id, epoch, tuple(counted)[-_REMEMBERED:])
    if issue is None:
        tx.insert(ISSUE, detector.account, name, state, id=f"{detector.id}/{name}", created=now, **place)
    else:
        tx.update(issue, state, updated=now)
    if new and not body.suppressed:
        announce(tx, detector, id, first=known is None, now=now)
    return str(id)


def _differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return {**one, "updatedAt": ""} != {**other, "updatedAt": ""}


def expired(row: Resource[Finding], now: float) -> bool:
    """Whether a finding is older than findings are kept."""
    return now - seconds(row.body.document["updatedAt"]) > RETENTION


def standing(reader: Reader, detectors: Sequence[Resource[Detector]], now: float) -> list[Resource[Finding]]:
    """The findings of some detectors that are still kept."""
    return [
        row
        for one in detectors
        for row in reader.page(FINDING, one.account, region=one.region, parent=one.id)
        if not expired(row, now)
    ]
