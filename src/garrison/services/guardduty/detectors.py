"""Detectors: GuardDuty in one account and region.

Source: API reference of each operation; user guide, "Suspending or disabling GuardDuty".
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.roles import make_service_linked_role
from garrison.detect.finding import iso
from garrison.services.guardduty import features, tags
from garrison.services.guardduty.errors import detector_exists, no_detector, rejected
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.resources import DETECTOR, DETECTORS, EPOCH, NAME, Detector
from garrison.services.guardduty.standing import administered_by, owned_rows, standing_members
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

SERVICE = "guardduty.amazonaws.com"
MALWARE = "malware-protection.guardduty.amazonaws.com"


def load(call: Call, reader: Reader) -> Resource[Detector]:
    """The caller's detector that `DetectorId` names. Raises `BadRequestException` in the words clients know."""
    row = reader.by_id(DETECTOR, call.params["DetectorId"])
    if row is None or row.account != call.account or row.region != call.region:
        raise no_detector()
    return row


def of(reader: Reader, account: str, region: str) -> Resource[Detector] | None:
    """The detector of an account and region."""
    return reader.get(DETECTOR, account, NAME, region=region)


def make(
    tx: Transaction, partition: str, account: str, region: str, body: Detector, *, now: float
) -> Resource[Detector]:
    """A new detector, with the roles it needs. Raises `AlreadyExists`."""
    row = tx.insert(DETECTOR, account, NAME, body, id=uuid.uuid4().hex, region=region, created=now)
    tx.link(DETECTORS, account, DETECTORS, row.id)
    make_service_linked_role(tx, partition, account, SERVICE, now=now)
    if "EBS_MALWARE_PROTECTION" in features.enabled(body):
        make_service_linked_role(tx, partition, account, MALWARE, now=now)
    changed(tx, account)
    return row


def replace(tx: Transaction, partition: str, row: Resource[Detector], body: Detector, *, now: float) -> None:
    """Put a detector's settings in place."""
    if "EBS_MALWARE_PROTECTION" in features.enabled(body):
        make_service_linked_role(tx, partition, row.account, MALWARE, now=now)
    tx.update(row, body, updated=now)
    changed(tx, row.account)


def changed(tx: Transaction, account: str) -> None:
    """Say that what detection rests on has changed, and what authorization may (tags)."""
    tx.bump(EPOCH, "")
    tx.bump("iam", account)


def remove(tx: Transaction, row: Resource[Detector]) -> None:
    """Delete a detector and everything it has: findings, filters, lists, destinations."""
    for kind, parent in owned_rows(row):
        for one in tx.page(kind, row.account, region=row.region, parent=parent):
            tx.delete(one)
    tx.unlink(DETECTORS, DETECTORS, row.id)
    tx.delete(row)
    changed(tx, row.account)


def role_of(partition: str, account: str) -> str:
    """The service-linked role's ARN."""
    return f"arn:{partition}:iam::{account}:role/aws-service-role/{SERVICE}/AWSServiceRoleForAmazonGuardDuty"


def arn_of(partition: str, row: Resource[Detector]) -> str:
    """The detector's ARN."""
    return f"arn:{partition}:guardduty:{row.region}:{row.account}:detector/{row.id}"


@operation("guardduty", "CreateDetector", access="write")
def create_detector(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    there = of(tx, call.account, call.region)
    token = params.get("ClientToken")
    if there is not None:
        if token is not None and token == there.body.client_token:
            return {"DetectorId": there.id, "UnprocessedDataSources": {}}
        raise detector_exists()
    wanted = features.given(params)
    plans = features.ordered(features.applied(features.initial(call.now), wanted, call.now), wanted)
    body = Detector(
        enabled=params["Enable"],
        features=plans,
        frequency=params.get("FindingPublishingFrequency", "SIX_HOURS"),
        tags=tags.given(call),
        client_token=token,
        started=call.now if params["Enable"] else 0.0,
    )
    try:
        row = make(tx, call.partition, call.account, call.region, body, now=call.now)
    except AlreadyExists:
        raise detector_exists() from None
    return {"DetectorId": row.id, "UnprocessedDataSources": {}}


@operation("guardduty", "GetDetector", access="read")
def get_detector(call: Call, reader: Reader) -> dict[str, Any]:
    row = load(call, reader)
    role = role_of(call.partition, row.account)
    malware = f"arn:{call.partition}:iam::{row.account}:role/aws-service-role/{MALWARE}/"
    return {
        "CreatedAt": iso(row.created),
        "UpdatedAt": iso(row.updated),
        "FindingPublishingFrequency": row.body.frequency,
        "ServiceRole": role,
        "Status": features.status(row.body.enabled),
        "DataSources": features.data_sources(row.body, f"{malware}AWSServiceRoleForAmazonGuardDutyMalwareProtection"),
        "Features": features.shown(row.body, row.created),
        "Tags": row.body.tags,
    }


@operation("guardduty", "ListDetectors", access="read")
def list_detectors(call: Call, reader: Reader) -> dict[str, Any]:
    rows = reader.page(DETECTOR, call.account, region=call.region)
    shown, rest = page(call, rows, key=lambda row: row.id)
    return {"DetectorIds": [row.id for row in shown], **rest}


@operation("guardduty", "UpdateDetector", access="write")
def update_detector(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    params = call.params
    frequency = params.get("FindingPublishingFrequency", row.body.frequency)
    if frequency != row.body.frequency and administered_by(tx, row.account, row.region) is not None:
        # User guide, "Setting the frequency for exporting updated active findings": a member inherits it.
        raise rejected("a member account cannot change the finding publishing frequency.")
    enable = params.get("Enable", row.body.enabled)
    body = msgspec.structs.replace(
        row.body,
        enabled=enable,
        frequency=frequency,
        features=features.applied(row.body.features, features.given(params), call.now),
        started=row.body.started or (call.now if enable else 0.0),
    )
    replace(tx, call.partition, row, body, now=call.now)
    return {}


@operation("guardduty", "DeleteDetector", access="write")
def delete_detector(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if standing_members(tx, row):
        raise rejected("the current account cannot delete detector while it has invited or associated members.")
    if administered_by(tx, row.account, row.region) is not None:
        raise rejected("the current account cannot delete detector while it is associated with an administrator.")
    remove(tx, row)
    return {}
