"""Tags of protections and protection groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.operation import operation
from garrison.services.shield import limits
from garrison.services.shield.errors import invalid, invalid_resource, no_group, no_protection
from garrison.services.shield.resources import GROUP, PROTECTION
from garrison.services.shield.subscription import load as subscribed
from garrison.store import Reader, Resource, Transaction


def given(call: Call) -> dict[str, str]:
    """The tags of the call's `Tags`. Raises `InvalidParameterException` for keys given twice or reserved."""
    tags: dict[str, str] = {}
    for tag in call.params.get("Tags") or ():
        if tag["Key"] in tags:
            raise invalid("Duplicate tag keys are not allowed.", "Tags")
        if tag["Key"].lower().startswith("aws:"):
            raise invalid("Tag keys must not begin with aws:.", "Tags")
        tags[tag["Key"]] = tag.get("Value", "")
    if len(tags) > limits.TAGS:
        raise invalid(f"A resource can have at most {limits.TAGS} tags.", "Tags")
    return tags


def decides(tx: Transaction, account: str) -> None:
    """Say that what authorization may rest on (tags) has changed."""
    tx.bump("iam", account)


def find(reader: Reader, text: str) -> Resource[Any] | None:
    """The protection or group of an ARN."""
    arn = Arn.parse(text)
    if arn is None or arn.service != "shield":
        return None
    what, _, name = arn.resource.partition("/")
    if what == "protection":
        row = reader.by_id(PROTECTION, name)
        return row if row is not None and row.account == arn.account else None
    return reader.get(GROUP, arn.account, name) if what == "protection-group" else None


def _load(call: Call, reader: Reader) -> Resource[Any]:
    subscribed(call, reader)
    arn = Arn.parse(call.params["ResourceARN"])
    what = "" if arn is None else arn.resource.partition("/")[0]
    if arn is None or arn.service != "shield" or what not in ("protection", "protection-group"):
        raise invalid_resource()
    row = find(reader, call.params["ResourceARN"])
    if row is None or row.account != call.account:
        raise no_protection() if what == "protection" else no_group()
    return row


def _keep(call: Call, tx: Transaction, row: Resource[Any], tags: Mapping[str, str]) -> None:
    tx.update(row, msgspec.structs.replace(row.body, tags=dict(tags)))
    decides(tx, call.account)


@operation("shield", "TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    tags = {**row.body.tags, **given(call)}
    if len(tags) > limits.TAGS:
        raise invalid(f"A resource can have at most {limits.TAGS} tags.", "Tags")
    _keep(call, tx, row, tags)
    return {}


@operation("shield", "UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    _keep(call, tx, row, {k: v for k, v in row.body.tags.items() if k not in call.params["TagKeys"]})
    return {}


@operation("shield", "ListTagsForResource", access="read")
def list_tags_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    row = _load(call, reader)
    return {"Tags": [{"Key": key, "Value": value} for key, value in row.body.tags.items()]}
