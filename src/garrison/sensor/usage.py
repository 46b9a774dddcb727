"""What was looked at, counted for GetUsageStatistics, and who was heard of, for ListCoverage."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from garrison.detect.events import ApiCall, DatabaseLogin, DnsQuery, Event, Flow, KubernetesCall
from garrison.services.guardduty.coverage import heard
from garrison.services.guardduty.usage import Measured, measured
from garrison.services.guardduty.watched import watched
from garrison.store import Store, Transaction

EVERY = 30.0
"""Seconds between two times it is written down."""
_encode = msgspec.json.Encoder().encode
Key = tuple[str, str, str]
"""Account, region, feature."""


class Meter:
    """`count` what arrives; `flush` when there is something to tell. What a killed process had not told is lost."""

    def __init__(self) -> None:
        self._counts: dict[Key, tuple[int, int]] = {}
        self._resources: dict[Key, dict[str, tuple[int, int]]] = {}
        self._heard: set[tuple[str, str, str, str, bool]] = set()
        self._told = 0.0

    def count(self, events: Iterable[Event]) -> None:
        """Add events that were looked at."""
        for event in events:
            feature, resource, octets = _what(event)
            if not feature:
                continue
            key = (event.account, event.region, feature)
            before = self._counts.get(key, (0, 0))
            self._counts[key] = (before[0] + 1, before[1] + octets)
            if resource:
                known = self._resources.setdefault(key, {})
                more = known.get(resource, (0, 0))
                known[resource] = (more[0] + 1, more[1] + octets)
            if isinstance(event, Flow) and event.instance:
                self._heard.add((event.account, event.region, "EC2", event.instance, True))
            elif isinstance(event, KubernetesCall):
                self._heard.add((event.account, event.region, "EKS", event.cluster, False))

    def flush(self, store: Store, now: float) -> None:
        """Write it down, if it is time."""
        if not self._counts or time.monotonic() - self._told < EVERY:
            return
        counts, resources, spoken = self._counts, self._resources, self._heard
        store.writing(lambda tx: _tell(tx, counts, resources, sorted(spoken), now))
        self._counts, self._resources, self._heard = {}, {}, set()
        self._told = time.monotonic()


def _tell(
    tx: Transaction,
    counts: dict[Key, tuple[int, int]],
    resources: dict[Key, dict[str, tuple[int, int]]],
    spoken: Sequence[tuple[str, str, str, str, bool]],
    now: float,
) -> None:
    ids = {(one.account, one.region): one.detector_id for one in watched(tx)}
    for (account, region, feature), (events, octets) in counts.items():
        id = ids.get((account, region))
        if id is not None:
            found = Measured(events, octets, resources.get((account, region, feature), {}))
            measured(tx, id, account, region, feature, found, now=now)
    for account, region, type, resource, sensor in spoken:
        id = ids.get((account, region))
        if id is not None:
            heard(tx, id, account, region, type, resource, sensor=sensor, now=now)


def _what(event: Event) -> tuple[str, str, int]:
    """(feature, resource, bytes); bytes are counted only of what is paid by them."""
    if isinstance(event, ApiCall):
        bucket: Any = event.params.get("bucketName") if event.source == "s3" else None
        name = bucket if isinstance(bucket, str) else ""
        return ("S3_DATA_EVENTS", name, 0) if event.data_event and event.source == "s3" else ("CLOUD_TRAIL", "", 0)
    if isinstance(event, Flow):
        return "FLOW_LOGS", event.instance, len(_encode(event))
    if isinstance(event, DnsQuery):
        return "DNS_LOGS", event.instance, len(_encode(event))
    if isinstance(event, KubernetesCall):
        return "EKS_AUDIT_LOGS", event.cluster, 0
    if isinstance(event, DatabaseLogin):
        return "RDS_DBI_PROTECTION_PROVISIONED", event.database, 0
    return "", "", 0
