"""Publishing destinations: where findings are exported to.

Source: API reference of each operation; user guide, "Exporting findings to Amazon S3". The bucket must be there and the
key must let GuardDuty use it, or no destination is made; one that fails later says so in its status.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.services.guardduty import sealing, tags
from garrison.services.guardduty.detectors import arn_of, changed, load
from garrison.services.guardduty.errors import bad, not_owned, rejected
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.resources import Detector
from garrison.services.guardduty.standing import owned
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Resource, Transaction

PUBLISHING = "PUBLISHING"
UNABLE = "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"
_REFUSED = (
    "The request failed because the GuardDuty service principal does not have permission to the KMS key or the "
    "resource specified by the destinationArn parameter. Refer to "
    "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html"
)


class Destination(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a detector's findings go."""

    arn: str
    """Of the bucket, with a prefix behind it where there is one."""
    key: str
    owner: str | None = None
    status: str = PUBLISHING
    failing: float = 0.0
    """Since when it has failed."""
    tags: dict[str, str] = {}
    client_token: str | None = None


DESTINATION = owned(Kind("guardduty.destination", Destination))
tags.tagged("publishingdestination", DESTINATION)


def bucket(arn: str) -> tuple[str, str]:
    """(bucket, prefix with a slash at its end, or "") of a destination's ARN."""
    name, _, prefix = arn.split(":", 5)[5].partition("/")
    prefix = prefix.strip("/")
    return name, f"{prefix}/" if prefix else ""


def _properties(call: Call, known: Destination | None = None) -> Destination:
    given = call.params.get("DestinationProperties") or {}
    arn = given.get("DestinationArn") or (known.arn if known else None)
    key = given.get("KmsKeyArn") or (known.key if known else None)
    if not arn or not key:
        missing = "kmsKeyArn" if arn else "destinationArn"
        raise rejected(f"the required parameter {missing} is missing.")
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "s3" or parsed.account or not parsed.resource:
        raise rejected("an invalid or out-of-range value is specified as an input parameter: destinationArn.")
    owner = given.get("ExpectedBucketOwner", known.owner if known else None)
    if known is None:
        return Destination(arn, key, owner)
    return msgspec.structs.replace(known, arn=arn, key=key, owner=owner, status=PUBLISHING, failing=0.0)


def _verify(runtime: Runtime, wanted: Destination, source: str) -> None:
    """Raise `BadRequestException` unless GuardDuty could write there now."""
    name, prefix = bucket(wanted.arn)
    if not runtime.objects.has(name):
        raise bad(_REFUSED)
    try:
        sealing.data_key(runtime, wanted.key, source, {"aws:s3:arn": f"{wanted.arn.split('/')[0]}/{prefix}"})
    except sealing.Unsealable:
        raise bad(_REFUSED) from None


def _prepare_create(call: Call, reader: Reader) -> None:
    detector = load(call, reader)
    _verify(call.runtime, _properties(call), arn_of(call.partition, detector))


def _prepare_update(call: Call, reader: Reader) -> None:
    detector = load(call, reader)
    _verify(call.runtime, _properties(call, _find(call, reader, detector).body), arn_of(call.partition, detector))


def _find(call: Call, reader: Reader, detector: Resource[Detector]) -> Resource[Destination]:
    row = reader.by_id(DESTINATION, call.params["DestinationId"])
    if row is None or row.parent != detector.id:
        raise not_owned("destinationId")
    return row


def of(reader: Reader, detector: Resource[Detector]) -> list[Resource[Destination]]:
    """A detector's destinations."""
    return reader.page(DESTINATION, detector.account, region=detector.region, parent=detector.id)


@operation("guardduty", "CreatePublishingDestination", access="write", prepare=_prepare_create)
def create_publishing_destination(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = load(call, tx)
    token = call.params.get("ClientToken")
    there = of(tx, detector)
    if there and token and there[0].body.client_token == token:
        return {"DestinationId": there[0].id}
    if there:
        # There is one for each type of destination, and S3 is the only type.
        raise rejected("a publishing destination of the given destinationType already exists.")
    body = msgspec.structs.replace(_properties(call), tags=tags.given(call), client_token=token)
    id = uuid.uuid4().hex
    tx.insert(
        DESTINATION, detector.account, id, body,
        id=id, region=detector.region, parent=detector.id, created=call.now,
    )  # fmt: skip
    changed(tx, detector.account)
    return {"DestinationId": id}


@operation("guardduty", "DescribePublishingDestination", access="read")
def describe_publishing_destination(call: Call, reader: Reader) -> dict[str, Any]:
    row = _find(call, reader, load(call, reader))
    shown = {"DestinationArn": row.body.arn, "KmsKeyArn": row.body.key}
    if row.body.owner is not None:
        shown["ExpectedBucketOwner"] = row.body.owner
    return {
        "DestinationId": row.id,
        "DestinationType": "S3",
        "Status": row.body.status,
        "PublishingFailureStartTimestamp": int(row.body.failing * 1000),
        "DestinationProperties": shown,
        "Tags": row.body.tags,
    }


@operation("guardduty", "ListPublishingDestinations", access="read")
def list_publishing_destinations(call: Call, reader: Reader) -> dict[str, Any]:
    shown, rest = page(call, of(reader, load(call, reader)), key=lambda row: row.id)
    destinations = [{"DestinationId": row.id, "DestinationType": "S3", "Status": row.body.status} for row in shown]
    return {"Destinations": destinations, **rest}


@operation("guardduty", "UpdatePublishingDestination", access="write", prepare=_prepare_update)
def update_publishing_destination(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _find(call, tx, load(call, tx))
    tx.update(row, _properties(call, row.body), updated=call.now)
    return {}


@operation("guardduty", "DeletePublishingDestination", access="write")
def delete_publishing_destination(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _find(call, tx, load(call, tx))
    tx.delete(row)
    tx.bump("iam", row.account)
    return {}
