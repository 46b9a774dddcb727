"""Trails: made, changed, deleted and described.

Source: API reference of each operation. What would be promised and not kept is refused: digests of log files,
notifications by SNS, delivery to CloudWatch Logs, trails of an organization. Whether a bucket's policy lets CloudTrail
write is not known before the first file is written; `GetTrailStatus` tells of it then.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import msgspec

from garrison.access import organization
from garrison.access.call import Call
from garrison.services.cloudtrail import encryption, tags
from garrison.services.cloudtrail.errors import error, not_supported
from garrison.services.cloudtrail.names import check_name, find, lookup, own, seen_from, trails
from garrison.services.cloudtrail.resources import DELIVERY, TRAIL, Deleted, Delivery, Trail, arn_of, trail_arn
from garrison.services.cloudtrail.spans import stopped
from garrison.services.operation import operation
from garrison.services.paging import BadToken, cut
from garrison.store import Reader, Resource, Transaction

MOST = 5
_PAGE = 100
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")


def shown(partition: str, row: Resource[Trail]) -> dict[str, Any]:
    """What every answer tells of a trail."""
    body = row.body
    told: dict[str, Any] = {"Name": row.name, "S3BucketName": body.bucket}
    if body.prefix:
        told["S3KeyPrefix"] = body.prefix
    told |= {
        "IncludeGlobalServiceEvents": body.global_services,
        "IsMultiRegionTrail": body.every_region,
        "TrailARN": arn_of(partition, row),
        "LogFileValidationEnabled": False,
    }
    if body.key is not None:
        told["KmsKeyId"] = body.key
    return {**told, "IsOrganizationTrail": False}


def _described(partition: str, row: Resource[Trail]) -> dict[str, Any]:
    return {
        **shown(partition, row),
        "HomeRegion": row.parent,
        "HasCustomEventSelectors": bool(row.body.selectors or row.body.advanced),
        "HasInsightSelectors": False,
    }


def _refuse(call: Call, reader: Reader) -> None:
    """Refuse what cannot be kept."""
    params = call.params
    if params.get("IsOrganizationTrail"):
        member = organization.membership(call.runtime, reader, call.account)
        if member is None:
            raise error("OrganizationsNotInUseException", "Your account is not a member of an organization.")
        raise not_supported("A trail of an organization")
    if params.get("SnsTopicName"):
        raise not_supported("Notification of delivered log files by Amazon SNS")
    if params.get("CloudWatchLogsLogGroupArn") or params.get("CloudWatchLogsRoleArn"):
        raise error("CloudWatchLogsDeliveryUnavailableException", "CloudWatch Logs delivery is not available here.")
    if params.get("EnableLogFileValidation"):
        raise not_supported("Log file validation")


def _wanted(call: Call, known: Trail | None) -> Trail:
    """The trail as the call has it, every member checked by itself."""
    params = call.params
    body = known or Trail(bucket="")
    changed: dict[str, Any] = {}
    if "S3BucketName" in params:
        changed["bucket"] = bucket = params["S3BucketName"]
        if not _BUCKET.fullmatch(bucket) or ".." in bucket or re.fullmatch(r"[\d.]+", bucket):
            raise error("InvalidS3BucketNameException", f"Bucket name {bucket} is not valid.")
    if "S3KeyPrefix" in params:
        changed["prefix"] = prefix = params["S3KeyPrefix"]
        if len(prefix) > 200 or prefix.startswith("/") or not all(c.isprintable() for c in prefix):
            raise error("InvalidS3PrefixException", f"S3 prefix {prefix} is not valid.")
    if "IsMultiRegionTrail" in params:
        changed["every_region"] = params["IsMultiRegionTrail"]
    if "IncludeGlobalServiceEvents" in params:
        changed["global_services"] = params["IncludeGlobalServiceEvents"]
    body = msgspec.structs.replace(body, **changed)
    if body.every_region and not body.global_services:
        raise error("InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
    return body


def _prepare(call: Call, body: Trail, name: str) -> str | None:
    """See that a given bucket is there, and that CloudTrail may use the key: its ARN."""
    if "S3BucketName" in call.params and not call.runtime.objects.has(body.bucket):
        raise error("S3BucketDoesNotExistException", f"S3 bucket {body.bucket} does not exist!")
    wanted = call.params.get("KmsKeyId", body.key)
    if not wanted:
        return None
    arn = trail_arn(call.partition, call.account, call.region, name)
    return encryption.proved(call.runtime, wanted, arn, body.bucket)


def _prepare_create(call: Call, reader: Reader) -> str | None:
    check_name(call.params["Name"])
    _refuse(call, reader)
    return _prepare(call, _wanted(call, None), call.params["Name"])


def _prepare_update(call: Call, reader: Reader) -> str | None:
    row = own(call, reader, call.params["Name"])
    _refuse(call, reader)
    return _prepare(call, _wanted(call, row.body), row.name)


def _room(call: Call, tx: Transaction, name: str, regions: set[str] | None) -> None:
    """Raise where a trail is one too many, in any of `regions` (None: of all), or its name is taken."""
    there = trails(tx, call.account)
    for row in there:
        if row.name == name and (regions is None or seen_from(row, call.region)):
            raise error("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {call.account}")
    most = call.runtime.quotas.get("TrailsPerRegion", MOST)
    for region in regions or {call.region, *(row.parent for row in there)}:
        if sum(seen_from(row, region) for row in there) >= most:
            raise error(
                "MaximumNumberOfTrailsExceededException", f"User: {call.account} already has {most} trails in {region}."
            )


@operation("cloudtrail", "CreateTrail", access="write", prepare=_prepare_create)
def create_trail(call: Call, tx: Transaction) -> dict[str, Any]:
    """A trail that does not log yet."""
    name = call.params["Name"]
    body = _wanted(call, None)
    _room(call, tx, name, None if body.every_region else {call.region})
    body = msgspec.structs.replace(body, key=call.prepared, tags=tags.given(call.params.get("TagsList") or (), {}))
    id = uuid.uuid4().hex
    row = tx.insert(TRAIL, call.account, name, body, id=id, parent=call.region, created=call.now)
    tx.insert(DELIVERY, "", id, Delivery(), id=id, created=call.now)
    tx.bump("iam", call.account)
    return shown(call.partition, row)


@operation("cloudtrail", "UpdateTrail", access="write", prepare=_prepare_update)
def update_trail(call: Call, tx: Transaction) -> dict[str, Any]:
    row = own(call, tx, call.params["Name"])
    body = _wanted(call, row.body)
    if body.every_region and not row.body.every_region:
        for other in trails(tx, call.account):
            if other.name == row.name and other.id != row.id:
                raise error(
                    "TrailAlreadyExistsException", f"Trail {row.name} already exists for customer: {call.account}"
                )
    row = tx.update(row, msgspec.structs.replace(body, key=call.prepared), updated=call.now)
    return shown(call.partition, row)


@operation("cloudtrail", "DeleteTrail", access="write")
def delete_trail(call: Call, tx: Transaction) -> dict[str, Any]:
    """What happened until now is delivered all the same."""
    row = own(call, tx, call.params["Name"])
    state = tx.get(DELIVERY, "", row.id)
    tx.delete(row)
    if state is not None and state.body.spans:
        gone = Deleted(row.account, row.name, row.parent, row.body)
        tx.update(state, msgspec.structs.replace(stopped(state.body, call.now), deleted=gone))
    elif state is not None:
        tx.delete(state)
    tx.bump("iam", call.account)
    return {}


@operation("cloudtrail", "DescribeTrails", access="read")
def describe_trails(call: Call, reader: Reader) -> dict[str, Any]:
    """Of named trails those that are there; of none named, the region's, and shadows of others if wanted."""
    names = call.params.get("trailNameList") or ()
    if names:
        found = [lookup(call, reader, name) for name in dict.fromkeys(names)]
        rows = [row for row in found if row is not None]
    else:
        shadows = call.params.get("includeShadowTrails", True)
        rows = [
            row
            for row in trails(reader, call.account)
            if row.parent == call.region or (shadows and row.body.every_region)
        ]
    return {"trailList": [_described(call.partition, row) for row in rows]}


@operation("cloudtrail", "GetTrail", access="read")
def get_trail(call: Call, reader: Reader) -> dict[str, Any]:
    return {"Trail": _described(call.partition, find(call, reader, call.params["Name"]))}


@operation("cloudtrail", "ListTrails", access="read")
def list_trails(call: Call, reader: Reader) -> dict[str, Any]:
    """Trails of every region. How a token that is none is refused is a guess: the operation documents no error."""
    rows = trails(reader, call.account)
    try:
        page, token = cut(
            call, rows, lambda row: f"{row.name} {row.parent}", limit=_PAGE, token=call.params.get("NextToken")
        )
    except BadToken:
        raise error("InvalidNextTokenException", "The token is not valid.") from None
    told = {
        "Trails": [
            {"TrailARN": arn_of(call.partition, row), "Name": row.name, "HomeRegion": row.parent} for row in page
        ]
    }
    return told if token is None else {**told, "NextToken": token}
