"""Tags of trails. Source: API reference, `AddTags`, `RemoveTags`, `ListTags`: at most 50 of a trail, keys of up to 128
and values of up to 256 characters, `aws:` reserved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.cloudtrail.errors import error
from garrison.services.cloudtrail.names import own
from garrison.services.cloudtrail.resources import TRAIL, Trail
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

MOST = 50


def given(listed: Sequence[Mapping[str, Any]], known: Mapping[str, str]) -> dict[str, str]:
    """Tags with those of a list. Raises `InvalidTagParameterException` or `TagsLimitExceededException`."""
    keys = [tag["Key"] for tag in listed]
    if len(set(keys)) != len(keys):
        raise error("InvalidTagParameterException", "Tag keys must be unique.")
    for tag in listed:
        if tag["Key"].lower().startswith("aws:"):
            raise error("InvalidTagParameterException", "Tag keys must not begin with aws:.")
    tags = {**known, **{tag["Key"]: tag.get("Value", "") for tag in listed}}
    if len(tags) > MOST:
        raise error("TagsLimitExceededException", f"The number of tags per trail has exceeded the limit of {MOST}.")
    return tags


def _load(call: Call, reader: Reader, text: str) -> Resource[Trail]:
    arn = Arn.parse(text)
    if arn is None or arn.service != "cloudtrail":
        raise error("CloudTrailARNInvalidException", f"Invalid ARN: {text}")
    kind, _, name = arn.resource.partition("/")
    if kind != "trail":
        raise error("ResourceTypeNotSupportedException", f"The resource type {kind} is not supported.")
    row = reader.get(TRAIL, call.account, name, parent=arn.region) if arn.account == call.account else None
    if row is None:
        raise error("ResourceNotFoundException", f"The resource {text} was not found.")
    return row


def _keep(call: Call, tx: Transaction, row: Resource[Trail], tags: dict[str, str]) -> None:
    tx.update(row, msgspec.structs.replace(row.body, tags=tags))
    tx.bump("iam", call.account)


@operation("cloudtrail", "AddTags", access="write")
def add_tags(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx, call.params["ResourceId"])
    own(call, tx, call.params["ResourceId"])
    _keep(call, tx, row, given(call.params["TagsList"], row.body.tags))
    return {}


@operation("cloudtrail", "RemoveTags", access="write")
def remove_tags(call: Call, tx: Transaction) -> dict[str, Any]:
    """A value that is given must be the tag's (the documentation does not say: a guess)."""
    row = _load(call, tx, call.params["ResourceId"])
    own(call, tx, call.params["ResourceId"])
    gone = {tag["Key"]: tag.get("Value") for tag in call.params["TagsList"]}
    kept = {k: v for k, v in row.body.tags.items() if k not in gone or gone[k] not in (None, v)}
    _keep(call, tx, row, kept)
    return {}


@operation("cloudtrail", "ListTags", access="read")
def list_tags(call: Call, reader: Reader) -> dict[str, Any]:
    """All of each trail's tags: there are never more than a page."""
    told = []
    for text in call.params["ResourceIdList"]:
        tags = _load(call, reader, text).body.tags
        told.append({"ResourceId": text, "TagsList": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]})
    return {"ResourceTagList": told}
