"""Tags of compliance inquiries: no other resource of Artifact has any."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.artifact.errors import invalid, not_found, quota
from garrison.services.artifact.inquiries import load
from garrison.services.artifact.resources import Inquiry
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

MOST = 50


def _load(call: Call, reader: Reader) -> Resource[Inquiry]:
    text = call.params["resourceArn"]
    arn = Arn.parse(text)
    if arn is None or arn.service != "artifact" or not arn.resource.startswith("compliance-inquiry/"):
        raise invalid("Only compliance inquiries have tags.", "resourceArn")
    if arn.account != call.account or arn.region != call.region:
        raise not_found("compliance-inquiry", text)
    return load(call, reader, arn.resource.partition("/")[2])


@operation("artifact", "TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> None:
    row = _load(call, tx)
    tags = {**row.body.tags, **call.params["tags"]}
    if any(key.lower().startswith("aws:") for key in call.params["tags"]):
        raise invalid("Tag keys must not begin with aws:.", "tags")
    if len(tags) > MOST:
        raise quota(f"A resource can have at most {MOST} tags.", "compliance-inquiry", row.name, "Tags")
    tx.update(row, msgspec.structs.replace(row.body, tags=tags))
    tx.bump("iam", call.account)


@operation("artifact", "UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> None:
    row = _load(call, tx)
    left = {key: value for key, value in row.body.tags.items() if key not in call.params["tagKeys"]}
    tx.update(row, msgspec.structs.replace(row.body, tags=left))
    tx.bump("iam", call.account)


@operation("artifact", "ListTagsForResource", access="read")
def list_tags_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    return {"tags": _load(call, reader).body.tags}
