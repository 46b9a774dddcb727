"""Tags of distributions. Two more are shown than were given: where on this machine a distribution is."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.ports import local_address
from garrison.services.cloudfront.errors import error
from garrison.services.cloudfront.resources import DISTRIBUTION, Distribution
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

MOST = 50
ADDRESS = "aws:garrison:address"


def given(tags: dict[str, Any]) -> dict[str, str]:
    """The tags of a `Tags` structure. Raises `InvalidTagging`."""
    found: dict[str, str] = {}
    for tag in tags.get("Items") or ():
        if tag["Key"] in found or tag["Key"].lower().startswith("aws:"):
            raise error("InvalidTagging", "The tagging specified is not valid.")
        found[tag["Key"]] = tag.get("Value", "")
    return _few(found)


def _few(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > MOST:
        raise error("InvalidTagging", f"The maximum number of tags on a resource is {MOST}.")
    return tags


def _load(call: Call, reader: Reader) -> Resource[Distribution]:
    row = reader.by_id(DISTRIBUTION, call.params["Resource"])
    if row is None or row.account != call.account:
        raise error("NoSuchResource", "The specified resource does not exist.")
    return row


@operation("cloudfront", "TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> None:
    row = _load(call, tx)
    tx.update(row, msgspec.structs.replace(row.body, tags=_few({**row.body.tags, **given(call.params["Tags"])})))


@operation("cloudfront", "UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> None:
    row = _load(call, tx)
    gone = set(call.params["TagKeys"].get("Items") or ())
    left = {key: value for key, value in row.body.tags.items() if key not in gone}
    tx.update(row, msgspec.structs.replace(row.body, tags=left))


@operation("cloudfront", "ListTagsForResource", access="read")
def list_tags_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    row = _load(call, reader)
    edge = call.runtime.edge
    here = {
        f"{ADDRESS}:http": local_address(edge, row.body.http_port, tls=False),
        f"{ADDRESS}:https": local_address(edge, row.body.https_port, tls=True),
    }
    return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in {**here, **row.body.tags}.items()]}}
