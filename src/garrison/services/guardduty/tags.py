"""Tags of detectors, filters, lists, destinations, malware protection plans and rule associations.

Source: API reference, `TagMap`: at most 200 tags a call; user guide: 50 per resource, `aws:` reserved.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.guardduty.errors import bad, rejected
from garrison.services.guardduty.resources import DETECTOR, FILTER
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Resource, Transaction

MOST = 50

_BY_ID: dict[str, Kind[Any]] = {}
_BY_NAME: dict[str, Kind[Any]] = {"filter": FILTER}


def tagged(word: str, kind: Kind[Any]) -> None:
    """Say that ARNs `.../WORD/ID` name rows of a kind by their id."""
    _BY_ID[word] = kind


def given(call: Call) -> dict[str, str]:
    """The tags of the call's `Tags`. Raises `BadRequestException` for reserved keys and too many."""
    return _checked(dict(call.params.get("Tags") or {}))


def _checked(tags: dict[str, str]) -> dict[str, str]:
    if any(key.lower().startswith("aws:") for key in tags):
        raise rejected("the input tags contain a key that begins with aws:.")
    if len(tags) > MOST:
        raise rejected(f"a resource cannot have more than {MOST} tags.")
    return tags


def find(reader: Reader, text: str) -> Resource[Any] | None:
    """What an ARN of GuardDuty names, with its tags in the body."""
    arn = Arn.parse(text)
    if arn is None or arn.service != "guardduty":
        return None
    parts = arn.resource.split("/")
    row: Resource[Any] | None = None
    if parts[0] == "detector" and len(parts) == 2:
        row = reader.by_id(DETECTOR, parts[1])
    elif parts[0] == "detector" and len(parts) == 4:
        kind = _BY_NAME.get(parts[2])
        if kind is not None:
            row = reader.get(kind, arn.account, parts[3], region=arn.region, parent=parts[1])
        elif parts[2] in _BY_ID:
            row = reader.by_id(_BY_ID[parts[2]], parts[3])
            row = row if row is not None and row.parent == parts[1] else None
    elif parts[0] == "detection-rule" and len(parts) == 5:
        row = reader.by_id(_BY_ID["association"], parts[4])
    elif parts[0] in _BY_ID and len(parts) == 2:
        row = reader.by_id(_BY_ID[parts[0]], parts[1])
    return row if row is not None and (row.account, row.region) == (arn.account, arn.region) else None


def _load(call: Call, reader: Reader) -> Resource[Any]:
    text = call.params["ResourceArn"]
    arn = Arn.parse(text)
    if arn is None or arn.service != "guardduty":
        raise bad("The request is rejected because the input resourceArn is not a valid GuardDuty ARN.")
    row = find(reader, text)
    if row is None or row.account != call.account:
        raise rejected("the input resourceArn is not owned by the current account.")
    return row


def _keep(tx: Transaction, row: Resource[Any], tags: dict[str, str]) -> None:
    tx.update(row, msgspec.structs.replace(row.body, tags=tags))
    tx.bump("iam", row.account)


@operation("guardduty", "TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    _keep(tx, row, _checked({**row.body.tags, **given(call)}))
    return {}


@operation("guardduty", "UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    _keep(tx, row, {key: value for key, value in row.body.tags.items() if key not in call.params["TagKeys"]})
    return {}


@operation("guardduty", "ListTagsForResource", access="read")
def list_tags_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    return {"Tags": _load(call, reader).body.tags}
