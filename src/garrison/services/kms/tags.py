"""Tags of keys. Source: KMS developer guide, "Tagging keys"; the texts are recorded from the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.tagged import Tagged, provide_tagged
from garrison.services.kms import quotas, rows
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.errors import error
from garrison.services.kms.located import EPOCH, arn_of, key_named
from garrison.services.kms.paging import after, limit, page, sliced
from garrison.services.kms.resources import KEY
from garrison.services.kms.states import gone, require_state
from garrison.store import Reader, Transaction


def given(call: Call) -> dict[str, str]:
    """The tags of the call's `Tags`. Raises `TagException`."""
    tags: dict[str, str] = {}
    for tag in call.params.get("Tags") or ():
        if tag["TagKey"] in tags:
            raise error("Tag", "Duplicate tag keys")
        _check_key(tag["TagKey"])
        tags[tag["TagKey"]] = tag["TagValue"]
    return _within_quota(tags)


def shown(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as answers carry them."""
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _check_key(key: str) -> None:
    if key.lower().startswith("aws:"):
        raise error("Tag", "Tags beginning with aws: are reserved")


def _within_quota(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > quotas.TAGS:
        raise error("Tag", "Too many tags")
    return tags


@kms_operation("TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> None:
    new = given(call)
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    require_state(call, tx, row, arn_of(row, call.partition))
    tags = _within_quota({**row.body.tags, **new})
    rows.update(call.runtime, tx, row, msgspec.structs.replace(row.body, tags=tags))
    tx.bump(EPOCH, row.account)


@kms_operation("UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> None:
    names = call.params["TagKeys"]
    for name in names:
        _check_key(name)
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    require_state(call, tx, row, arn_of(row, call.partition))
    tags = {name: value for name, value in row.body.tags.items() if name not in names}
    rows.update(call.runtime, tx, row, msgspec.structs.replace(row.body, tags=tags))
    tx.bump(EPOCH, row.account)


@kms_operation("ListResourceTags", access="read")
def list_resource_tags(call: Call, reader: Reader) -> dict[str, Any]:
    row = key_named(call, reader, call.params["KeyId"], aliases=False)
    size = limit(call, 50, 50)
    items = sliced(shown(row.body.tags), lambda tag: tag["TagKey"], after(call), size)
    return page(call, "Tags", items, size, lambda tag: tag["TagKey"], lambda tag: tag)


def _tagged(reader: Reader, partition: str, account: str, region: str) -> Iterator[Tagged]:
    for row in reader.page(KEY, account, region=region):
        if not gone(row.body, float("-inf")):
            yield Tagged(arn_of(row, partition), "kms:key", row.body.tags)


provide_tagged("kms", _tagged)
