"""Findings that are due go out: as objects to the destinations of their detector and its administrator, and as events.

What goes out is each finding as it is then. A finding stays due until everywhere has it or has failed for good: after a
crash the same batch is written again under the same key. Source: user guide, "Exporting findings" and "Processing
findings with EventBridge"; the layout of keys is recalled.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from garrison.access import telling
from garrison.access.objects import Missing
from garrison.access.runtime import Runtime
from garrison.services.guardduty import destinations, sealing
from garrison.services.guardduty.destinations import PUBLISHING, UNABLE, Destination
from garrison.services.guardduty.detectors import arn_of
from garrison.services.guardduty.outbox import WAITING, Waiting
from garrison.services.guardduty.resources import DETECTOR, FINDING, NAME, Detector, Finding
from garrison.services.guardduty.standing import administered_by
from garrison.store import Reader, Resource, Transaction

log = logging.getLogger("garrison.guardduty")

_AT_ONCE = 500
_RETRY = 300.0


def due(runtime: Runtime, reader: Reader, now: float) -> list[Resource[Waiting]]:
    """What is to be published by now."""
    soon = runtime.guarding.publish_seconds
    return [
        row
        for row in reader.page(WAITING, "")
        if (row.body.due if soon is None else min(row.body.due, row.body.queued + soon)) <= now
    ]


def publish(runtime: Runtime) -> int:
    """Publish what is due; how many findings that were. Blocks, for as long as buckets and webhooks take."""
    now = runtime.clock.now()
    with runtime.store.reading() as reader:
        waiting = due(runtime, reader, now)[:_AT_ONCE]
        batches: dict[str, list[Resource[Finding]]] = {}
        for one in waiting:
            finding = reader.by_id(FINDING, one.name)
            if finding is not None and not finding.body.suppressed:
                batches.setdefault(finding.parent, []).append(finding)
        places = {id: _places(reader, id) for id in batches}
    unsent: set[str] = set()
    for id, findings in batches.items():
        detector, targets = places[id]
        if detector is None:
            continue
        for target, source in targets:
            _export(runtime, detector, target, source, findings, now)
        if runtime.guarding.webhook is not None and not _tell(runtime.guarding.webhook, findings, now):
            unsent |= {one.id for one in findings}

    def done(tx: Transaction) -> None:
        for one in waiting:
            row = tx.get(WAITING, "", one.name)
            if row is None or row.version != one.version:
                continue
            if one.name in unsent:
                tx.update(row, msgspec.structs.replace(row.body, queued=now, due=now + _RETRY))
            else:
                tx.delete(row)

    if waiting:
        runtime.store.writing(done)
    return len(waiting) - len(unsent)


def _places(
    reader: Reader, detector_id: str
) -> tuple[Resource[Detector] | None, list[tuple[Resource[Destination], Resource[Detector]]]]:
    """A detector, and where its findings go: (destination, whose)."""
    detector = reader.by_id(DETECTOR, detector_id)
    if detector is None:
        return None, []
    owners = [detector]
    tie = administered_by(reader, detector.account, detector.region)
    theirs = None if tie is None else reader.get(DETECTOR, tie.name, NAME, region=detector.region)
    if theirs is not None:
        owners.append(theirs)
    return detector, [(row, owner) for owner in owners for row in destinations.of(reader, owner)]


def _export(
    runtime: Runtime,
    detector: Resource[Detector],
    target: Resource[Destination],
    source: Resource[Detector],
    findings: Sequence[Resource[Finding]],
    now: float,
) -> None:
    name, prefix = destinations.bucket(target.body.arn)
    lines = b"".join(msgspec.json.encode(one.body.document) + b"\n" for one in findings)
    day = datetime.fromtimestamp(now, UTC).strftime("%Y/%m/%d")
    # The same batch has the same key, should it be written twice.
    file = uuid.UUID(hashlib.sha256(target.id.encode() + lines).hexdigest()[:32])
    key = f"{prefix}AWSLogs/{detector.account}/GuardDuty/{detector.region}/{day}/{file}.jsonl.gz"
    arn = f"{target.body.arn.split('/')[0]}/{key}"
    packed = gzip.compress(lines, mtime=0)
    error = None
    try:
        data = sealing.sealed(
            runtime, packed, key=target.body.key, source=arn_of(runtime.partition, source), object_arn=arn
        )
        # A bucket of an endpoint is asked to encrypt by itself; in a folder nobody would.
        local = runtime.objects.local(name)
        runtime.objects.write(name, key, data if local else packed, target.body.key)
    except (sealing.Unsealable, Missing) as e:
        error = str(e)
        log.error("findings of %s could not be exported to %s: %s", detector.account, target.body.arn, e)
    status = PUBLISHING if error is None else UNABLE
    if status != target.body.status:
        runtime.store.writing(lambda tx: _turn(tx, target.id, status, now))


def _turn(tx: Transaction, id: str, status: str, now: float) -> None:
    row = tx.by_id(destinations.DESTINATION, id)
    if row is not None:
        tx.update(row, msgspec.structs.replace(row.body, status=status, failing=now if status == UNABLE else 0.0))


def event(document: dict[str, Any], now: float) -> dict[str, Any]:
    """A finding as EventBridge has it."""
    return telling.event(
        id=str(uuid.uuid4()), source="aws.guardduty", detail_type="GuardDuty Finding", account=document["accountId"],
        region=document["region"], resources=(), now=now, detail=document,
    )  # fmt: skip


def _tell(webhook: str, findings: Sequence[Resource[Finding]], now: float) -> bool:
    return all(post(webhook, event(one.body.document, now)) for one in findings)


def post(webhook: str, body: dict[str, Any]) -> bool:
    """Post one event; whether it was taken. What can never be taken counts as taken, so that it is not tried again."""
    try:
        telling.post(webhook, body)
    except ValueError as e:
        log.error("%s", e)
    except OSError as e:
        log.error("a finding could not be told to %s: %s", urlsplit(webhook).hostname, e)
        return False
    return True
