"""Tags of web ACLs, rule groups and sets.

Source: WAF API reference, `Tag`; developer guide, "Tagging AWS WAF resources": 50 per resource, `aws:` reserved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2 import entities
from garrison.services.wafv2.errors import invalid_tags, quota_exceeded
from garrison.services.wafv2.paging import page
from garrison.store import Reader, Transaction

MOST = 50


def given(call: Call) -> dict[str, str]:
    """The tags of the call's `Tags`. Raises `WAFTagOperationException` for keys given twice or reserved."""
    tags: dict[str, str] = {}
    for tag in call.params.get("Tags") or ():
        if tag["Key"] in tags:
            raise invalid_tags(f"Duplicate tag keys found: {tag['Key']}")
        _check_key(tag["Key"])
        tags[tag["Key"]] = tag["Value"]
    return _within_quota(tags)


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as answers carry them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _check_key(key: str) -> None:
    if key.lower().startswith("aws:"):
        raise invalid_tags("aws: prefixed tag key names are not allowed for external use.")


def _within_quota(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > MOST:
        raise quota_exceeded()
    return tags


@operation("wafv2", "TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> None:
    row = entities.by_arn(call, tx, call.params["ResourceARN"])
    tags = _within_quota({**row.body.tags, **given(call)})
    tx.update(row, msgspec.structs.replace(row.body, tags=tags))
    entities.decides(tx, row)


@operation("wafv2", "UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> None:
    row = entities.by_arn(call, tx, call.params["ResourceARN"])
    for key in call.params["TagKeys"]:
        _check_key(key)
    left = {key: value for key, value in row.body.tags.items() if key not in call.params["TagKeys"]}
    tx.update(row, msgspec.structs.replace(row.body, tags=left))
    entities.decides(tx, row)


@operation("wafv2", "ListTagsForResource", access="read")
def list_tags_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    row = entities.by_arn(call, reader, call.params["ResourceARN"])
    numbered, rest = page(call, enumerate(shown(row.body.tags)), key=lambda entry: f"{entry[0]:03d}")
    info = {"ResourceARN": call.params["ResourceARN"], "TagList": [tag for _, tag in numbered]}
    return {"TagInfoForResource": info, **rest}
