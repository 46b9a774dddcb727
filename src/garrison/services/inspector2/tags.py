"""Tags: of filters and CIS scan configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.inspector2 import quotas
from garrison.services.inspector2.errors import invalid, not_found
from garrison.services.inspector2.resources import TAGGED
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction


def given(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags as they are kept. Raises `ValidationException` for reserved keys."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid("Tag keys must not begin with aws:.", "tags")
    return dict(tags)


def find(reader: Reader, arn: str) -> Resource[Any] | None:
    """What has tags and that ARN: `arn:...:owner/ACCOUNT/KIND/ID`."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "inspector2":
        return None
    words = parts[5].split("/")
    kind = TAGGED.get(words[2]) if len(words) == 4 and words[0] == "owner" else None
    row = None if kind is None else reader.by_id(kind, words[3])
    if row is None or (row.account, row.region, row.account) != (parts[4], parts[3], words[1]):
        return None
    return row


def _load(call: Call, reader: Reader) -> Resource[Any]:
    row = find(reader, call.params["resourceArn"])
    if row is None or row.account != call.account or row.region != call.region:
        raise not_found(f"Resource {call.params['resourceArn']} does not exist.")
    return row


def _keep(call: Call, tx: Transaction, row: Resource[Any], tags: dict[str, str]) -> dict[str, Any]:
    tx.update(row, msgspec.structs.replace(row.body, tags=tags))
    tx.bump("iam", call.account)
    return {}


@operation("inspector2", "TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    tags = {**row.body.tags, **given(call.params["tags"])}
    if len(tags) > quotas.TAGS:
        raise AwsError("BadRequestException", f"A resource can have at most {quotas.TAGS} tags.", status=400)
    return _keep(call, tx, row, tags)


@operation("inspector2", "UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    return _keep(call, tx, row, {k: v for k, v in row.body.tags.items() if k not in call.params["tagKeys"]})


@operation("inspector2", "ListTagsForResource", access="read")
def list_tags_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    return {"tags": _load(call, reader).body.tags}
