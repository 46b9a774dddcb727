"""Findings: what detections of one security issue come to, in GuardDuty's JSON (schema 2.0, wire casing).

Rules (user guide, "GuardDuty finding aggregation" and "Finding details"):

- one issue, one finding: its id is a digest of detector, type and key, so that it is the same wherever it is made;
- a further occurrence adds one to `count`, moves `eventLastSeen` and `updatedAt`, and its details replace those before;
- `createdAt` stays, `eventFirstSeen` only ever moves back, when records arrive late;
- a finding that was archived by hand comes back when its activity recurs.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison.detect.detection import Detection

Document = dict[str, Any]

SCHEMA = "2.0"


def iso(time: float) -> str:
    """Seconds since 1970 as findings write them: `2026-11-28T19:00:00.000Z`."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """The reverse of `iso`."""
    return datetime.fromisoformat(text).timestamp()


def issue(detection: Detection) -> str:
    """A digest of what makes a detection the same security issue within an account and region."""
    return _digest(detection.type, *detection.key)


def finding_id(detector_id: str, detection: Detection, epoch: int = 0) -> str:
    """32 hexadecimal digits. `epoch` counts how often the issue came back after its finding had expired."""
    more = (str(epoch),) if epoch else ()
    return _digest(detector_id, detection.account, detection.region, detection.type, *detection.key, *more)


def opened(
    detection: Detection, *, detector_id: str, now: float, epoch: int = 0, partition: str = "aws", feature: str = ""
) -> Document:
    """The finding of an issue's first occurrence."""
    id = finding_id(detector_id, detection, epoch)
    document: Document = {
        "schemaVersion": SCHEMA,
        "accountId": detection.account,
        "region": detection.region,
        "partition": partition,
        "id": id,
        "arn": f"arn:{partition}:guardduty:{detection.region}:{detection.account}:detector/{detector_id}/finding/{id}",
        "type": detection.type,
        "createdAt": iso(now),
        "service": {
            "serviceName": "guardduty",
            "detectorId": detector_id,
            "count": 0,
            "archived": False,
            "eventFirstSeen": iso(detection.first),
            "eventLastSeen": iso(detection.last),
        },
    }
    if feature:
        document["service"]["featureName"] = feature
    return recurred(document, detection, now=now, new=True)


def recurred(document: Document, detection: Detection, *, now: float, new: bool) -> Document:
    """The finding with one more occurrence; `new` is False for one that was told before and says more now.

    An occurrence older than those known counts, and leaves the details alone.
    """
    changed = copy.deepcopy(document)
    service = changed["service"]
    latest = detection.last >= seconds(service["eventLastSeen"])
    if new:
        service["count"] += 1
        service["archived"] = False
    changed["updatedAt"] = iso(now)
    service["eventFirstSeen"] = min(service["eventFirstSeen"], iso(detection.first))
    service["eventLastSeen"] = max(service["eventLastSeen"], iso(detection.last))
    if latest or "title" not in changed:
        _tell(changed, detection)
    return changed


def _tell(document: Document, detection: Detection) -> None:
    """Let the finding say what this occurrence says."""
    document["title"] = detection.title
    document["description"] = detection.description
    document["severity"] = detection.severity
    document["resource"] = detection.resource
    if detection.rule:
        document["customDetectionRuleName"] = detection.rule
    service = document["service"]
    _set(service, "action", detection.action or None)
    service["resourceRole"] = detection.role
    service.update(detection.service)
    service["additionalInfo"] = {
        "type": "default",
        "value": msgspec.json.encode(detection.additional, order="deterministic").decode(),
    }
    _set(service, "evidence", {"threatIntelligenceDetails": list(detection.evidence)} if detection.evidence else None)
    _set(service, "detection", {"anomaly": detection.anomaly} if detection.anomaly else None)


def grouped(detections: Iterable[Detection]) -> dict[tuple[str, str, str], list[Detection]]:
    """(account, region, issue) -> its occurrences, oldest first; of an occurrence told twice, the last word."""
    groups: dict[tuple[str, str, str], dict[str, Detection]] = {}
    for one in detections:
        groups.setdefault((one.account, one.region, issue(one)), {})[one.occurrence] = one
    return {key: sorted(group.values(), key=lambda one: one.last) for key, group in groups.items()}


def to_finding(
    detections: Sequence[Detection],
    *,
    detector_id: str = "",
    partition: str = "aws",
    now: float | None = None,
    epoch: int = 0,
    feature: str = "",
) -> Document:
    """One finding of all occurrences of one issue, oldest first. Without `now`, it was made when they last happened.

    Raises `ValueError` without any.
    """
    if not detections:
        raise ValueError("a finding needs an occurrence")
    told = detections[-1].last if now is None else now
    first = detections[0]
    document = opened(
        first, detector_id=detector_id, now=told, epoch=epoch, partition=partition, feature=feature
    )  # fmt: skip
    for one in detections[1:]:
        document = recurred(document, one, now=told, new=True)
    return document


def _set(where: Document, name: str, value: Any) -> None:
    if value is None:
        where.pop(name, None)
    else:
        where[name] = value


def _digest(*parts: str) -> str:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
