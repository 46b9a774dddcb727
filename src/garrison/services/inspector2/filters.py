"""Saved filters, and suppression rules, which are filters with the action SUPPRESS."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.inspector2 import quotas
from garrison.services.inspector2.accounts import member_may_not
from garrison.services.inspector2.arns import filter_arn
from garrison.services.inspector2.errors import invalid, not_found, quota
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import FILTER, Filter
from garrison.services.inspector2.state import needed
from garrison.services.inspector2.tags import given
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def find(reader: Reader, region: str, account: str, arn: str) -> Resource[Filter] | None:
    """The account's filter of an ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "inspector2" or parts[3] != region or parts[4] != account:
        return None
    row = reader.by_id(FILTER, parts[5].rpartition("/")[2])
    fits = row is not None and row.account == account and parts[5] == f"owner/{account}/filter/{row.id}"
    return row if fits and row is not None and row.region == region else None


def _load(call: Call, reader: Reader) -> Resource[Filter]:
    arn = call.params.get("arn") or call.params["filterArn"]
    row = find(reader, call.region, call.account, arn)
    if row is None:
        raise not_found(f"Filter {arn} does not exist.")
    return row


@operation("inspector2", "CreateFilter", access="write")
def create_filter(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    member_may_not(call, tx, "manage filters")
    if tx.count(FILTER, call.account, region=call.region) >= quotas.FILTERS:
        raise quota(f"The quota of {quotas.FILTERS} filters has been reached.", call.account)
    body = Filter(
        action=call.params["action"],
        criteria=_criteria(call),
        description=call.params.get("description", ""),
        reason=call.params.get("reason", ""),
        tags=given(call.params.get("tags") or {}),
    )
    try:
        row = tx.insert(
            FILTER, call.account, call.params["name"], body,
            id=secrets.token_hex(8), region=call.region, created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        raise _taken() from None
    tx.bump("iam", call.account)
    return {"arn": filter_arn(call, row)}


def _taken() -> AwsError:
    return AwsError("BadRequestException", "A filter with this name already exists.", status=400)


def _criteria(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = call.params["filterCriteria"]
    if not found:
        raise invalid("The filter must have at least one criterion.", "filterCriteria")
    return found


@operation("inspector2", "UpdateFilter", access="write")
def update_filter(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    member_may_not(call, tx, "manage filters")
    row = _load(call, tx)
    more: dict[str, Any] = {n: call.params[n] for n in ("action", "description", "reason") if n in call.params}
    if "filterCriteria" in call.params:
        more["criteria"] = _criteria(call)
    try:
        tx.update(row, msgspec.structs.replace(row.body, **more), name=call.params.get("name"), updated=call.now)
    except AlreadyExists:
        raise invalid("A filter with this name already exists.", "name") from None
    return {"arn": filter_arn(call, row)}


@operation("inspector2", "DeleteFilter", access="write")
def delete_filter(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    member_may_not(call, tx, "manage filters")
    row = _load(call, tx)
    tx.delete(row)
    tx.bump("iam", call.account)
    return {"arn": filter_arn(call, row)}


@operation("inspector2", "ListFilters", access="read")
def list_filters(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    arns, action = call.params.get("arns"), call.params.get("action")
    rows = [
        row
        for row in reader.page(FILTER, call.account, region=call.region)
        if (not arns or filter_arn(call, row) in arns) and action in (None, row.body.action)
    ]
    some, rest = page(call, rows, key=lambda row: (row.name, row.id), default=100)
    return {"filters": [_shown(call, row) for row in some], **rest}


def _shown(call: Call, row: Resource[Filter]) -> dict[str, Any]:
    answer = {
        "arn": filter_arn(call, row),
        "ownerId": row.account,
        "name": row.name,
        "criteria": row.body.criteria,
        "action": row.body.action,
        "createdAt": row.created,
        "updatedAt": row.updated,
        "tags": row.body.tags,
    }
    for member in ("description", "reason"):
        if value := getattr(row.body, member):
            answer[member] = value
    return answer
