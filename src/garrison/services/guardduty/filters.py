"""Filters: saved criteria, of which those with action ARCHIVE suppress findings as they come.

Source: API reference, `CreateFilter`; user guide, "Suppression rules" and "GuardDuty quotas": 100 filters.
Creating or moving a filter to a rank that is taken moves the others down.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.guardduty import criteria, tags
from garrison.services.guardduty.detectors import changed, load
from garrison.services.guardduty.errors import administrators_only, limit, rejected
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.resources import FILTER, Detector, Filter
from garrison.services.guardduty.standing import administered_by
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

MOST = 100
_NAME = re.compile(r"[A-Za-z0-9._-]{3,64}")


def arn_of(partition: str, row: Resource[Filter]) -> str:
    """The filter's ARN."""
    return f"arn:{partition}:guardduty:{row.region}:{row.account}:detector/{row.parent}/filter/{row.name}"


def manager(call: Call, reader: Reader) -> Resource[Detector]:
    """The caller's detector, if it may manage filters and lists: a member may not."""
    row = load(call, reader)
    if administered_by(reader, row.account, row.region) is not None:
        raise administrators_only()
    return row


def _find(call: Call, reader: Reader, detector: Resource[Detector]) -> Resource[Filter]:
    row = reader.get(FILTER, detector.account, call.params["FilterName"], region=detector.region, parent=detector.id)
    if row is None:
        raise rejected("the input filterName is not owned by the current account.")
    return row


def _ranked(reader: Reader, detector: Resource[Detector]) -> list[Resource[Filter]]:
    rows = reader.page(FILTER, detector.account, region=detector.region, parent=detector.id)
    return sorted(rows, key=lambda row: row.body.rank)


def _place(tx: Transaction, detector: Resource[Detector], name: str, rank: int) -> None:
    """Free a rank: whoever has it moves one down, and so on until there is a gap."""
    wanted = rank
    for row in _ranked(tx, detector):
        if row.name != name and row.body.rank == wanted:
            wanted += 1
            tx.update(row, msgspec.structs.replace(row.body, rank=wanted))


@operation("guardduty", "CreateFilter", access="write")
def create_filter(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = manager(call, tx)
    params = call.params
    if not _NAME.fullmatch(params["Name"]):
        raise rejected("the input name must have 3 to 64 characters of A-Z, a-z, 0-9, period, hyphen and underscore.")
    wanted = params["FindingCriteria"]
    criteria.compiled(wanted, patterns=True)
    if not wanted.get("Criterion"):
        raise rejected("the input findingCriteria is empty.")
    known = _ranked(tx, detector)
    if len(known) >= MOST:
        raise limit("filters", MOST)
    rank = params.get("Rank", min(100, 1 + max((row.body.rank for row in known), default=0)))
    body = Filter(
        criteria=wanted,
        rank=_rank(rank),
        action=params.get("Action", "NOOP"),
        description=_description(params.get("Description")),
        tags=tags.given(call),
    )
    try:
        row = tx.insert(
            FILTER, detector.account, params["Name"], body,
            id=uuid.uuid4().hex, region=detector.region, parent=detector.id, created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        raise rejected("a filter with the given name already exists.") from None
    _place(tx, detector, row.name, rank)
    changed(tx, detector.account)
    return {"Name": row.name}


@operation("guardduty", "GetFilter", access="read")
def get_filter(call: Call, reader: Reader) -> dict[str, Any]:
    row = _find(call, reader, load(call, reader))
    return {
        "Name": row.name,
        "Description": row.body.description or "",
        "Action": row.body.action,
        "Rank": row.body.rank,
        "FindingCriteria": row.body.criteria,
        "Tags": row.body.tags,
        "CreatedAt": row.created,
        "UpdatedAt": row.updated,
        "Version": row.body.version,
    }


@operation("guardduty", "ListFilters", access="read")
def list_filters(call: Call, reader: Reader) -> dict[str, Any]:
    rows = _ranked(reader, load(call, reader))
    shown, rest = page(call, rows, key=lambda row: row.name)
    return {"FilterNames": [row.name for row in shown], **rest}


@operation("guardduty", "UpdateFilter", access="write")
def update_filter(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = manager(call, tx)
    row = _find(call, tx, detector)
    params = call.params
    if "FindingCriteria" in params:
        criteria.compiled(params["FindingCriteria"], patterns=True)
        if not params["FindingCriteria"].get("Criterion"):
            raise rejected("the input findingCriteria is empty.")
    rank = _rank(params.get("Rank", row.body.rank))
    if rank != row.body.rank:
        _place(tx, detector, row.name, rank)
    body = msgspec.structs.replace(
        row.body,
        criteria=params.get("FindingCriteria", row.body.criteria),
        rank=rank,
        action=params.get("Action", row.body.action),
        description=_description(params.get("Description", row.body.description)),
        version=row.body.version + 1,
    )
    tx.update(row, body, updated=call.now)
    changed(tx, detector.account)
    return {"Name": row.name}


@operation("guardduty", "DeleteFilter", access="write")
def delete_filter(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = manager(call, tx)
    tx.delete(_find(call, tx, detector))
    changed(tx, detector.account)
    return {}


def _rank(given: int) -> int:
    if not 1 <= given <= 100:
        raise rejected("the input rank is not between 1 and 100.")
    return given


def _description(given: str | None) -> str | None:
    if given is not None and len(given) > 512:
        raise rejected("the input description has more than 512 characters.")
    return given
