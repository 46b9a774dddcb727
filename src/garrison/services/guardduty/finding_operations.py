"""ListFindings, GetFindings, archive, unarchive, feedback.

Source: API reference of each; user guide, "Managing findings": archive and feedback are the administrator's.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.detect.finding import iso
from garrison.services.guardduty import criteria
from garrison.services.guardduty.detectors import load
from garrison.services.guardduty.errors import administrators_only, rejected
from garrison.services.guardduty.findings import expired, standing
from garrison.services.guardduty.paging import sorted_page
from garrison.services.guardduty.resources import FINDING, Detector, Finding
from garrison.services.guardduty.standing import administered_by, visible
from garrison.services.guardduty.wire import shaped
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

MOST_IDS = 50


def chosen(call: Call, reader: Reader, detector: Resource[Detector]) -> list[Resource[Finding]]:
    """The findings the caller sees that the call's `FindingCriteria` means."""
    test = criteria.compiled(call.params.get("FindingCriteria"))
    found = standing(reader, visible(reader, detector), call.now)
    return [row for row in found if test(row.body.document)]


def in_order(call: Call, rows: Iterable[Resource[Finding]]) -> list[Resource[Finding]]:
    """Rows as the call's `SortCriteria` says; without it, those updated last come first (a guess)."""
    wanted = call.params.get("SortCriteria") or {}
    key = criteria.sort_key(wanted.get("AttributeName") or "updatedAt")
    ascending = wanted.get("OrderBy", "ASC" if wanted else "DESC") == "ASC"
    by_id = sorted(rows, key=lambda row: row.id)
    return sorted(by_id, key=lambda row: key(row.body.document), reverse=not ascending)


@operation("guardduty", "ListFindings", access="read")
def list_findings(call: Call, reader: Reader) -> None:
    detector = load(call, reader)
    criteria.compiled(call.params.get("FindingCriteria"))
    in_order(call, ())

    def work() -> dict[str, Any]:
        # There may be many, so they are read on a thread of their own.
        with call.runtime.store.reading() as again:
            rows = in_order(call, chosen(call, again, detector))
            shown, rest = sorted_page(call, rows, key=lambda row: row.id)
            return {"FindingIds": [row.id for row in shown], **rest}

    call.later = work


def _named(call: Call, reader: Reader, ids: list[str]) -> list[Resource[Finding]]:
    """Findings the caller sees, by their ids. Raises `BadRequestException` for one it does not."""
    detector = load(call, reader)
    if len(ids) > MOST_IDS:
        raise rejected(f"the input findingIds contains more than {MOST_IDS} ids.")
    seen = {one.id for one in visible(reader, detector)}
    found = []
    for id in dict.fromkeys(ids):
        row = reader.by_id(FINDING, id)
        if row is None or row.parent not in seen or expired(row, call.now):
            raise rejected("the input findingIds contains an id that is not owned by the current account.")
        found.append(row)
    return found


@operation("guardduty", "GetFindings", access="read")
def get_findings(call: Call, reader: Reader) -> dict[str, Any]:
    rows = _named(call, reader, call.params["FindingIds"])
    if call.params.get("SortCriteria"):
        rows = in_order(call, rows)
    return {"Findings": [shaped(row.body.document, "Finding") for row in rows]}


def _change(call: Call, tx: Transaction, member: str, value: str | bool) -> None:
    detector = load(call, tx)
    if administered_by(tx, detector.account, detector.region) is not None:
        raise administrators_only()
    for row in _named(call, tx, call.params["FindingIds"]):
        document = copy.deepcopy(row.body.document)
        if document["service"].get(member) == value and member == "archived":
            continue
        document["service"][member] = value
        document["updatedAt"] = iso(call.now)
        body = msgspec.structs.replace(
            row.body,
            document=document,
            suppressed=row.body.suppressed and value is not False,
            comments=call.params.get("Comments", row.body.comments),
        )
        tx.update(row, body, updated=call.now)


@operation("guardduty", "ArchiveFindings", access="write")
def archive_findings(call: Call, tx: Transaction) -> dict[str, Any]:
    _change(call, tx, "archived", True)
    return {}


@operation("guardduty", "UnarchiveFindings", access="write")
def unarchive_findings(call: Call, tx: Transaction) -> dict[str, Any]:
    _change(call, tx, "archived", False)
    return {}


@operation("guardduty", "UpdateFindingsFeedback", access="write")
def update_findings_feedback(call: Call, tx: Transaction) -> dict[str, Any]:
    _change(call, tx, "userFeedback", call.params["Feedback"])
    return {}
