"""Findings: listed, and told in detail."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.inspector2 import criteria, sorting, state
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import FINDING, PACKAGE, Known
from garrison.services.inspector2.seen import findings
from garrison.services.inspector2.shown import known_of, shown, when
from garrison.services.inspector2.threads import on_a_thread
from garrison.services.operation import operation
from garrison.store import Reader

DEFAULT_RESULTS = 100


@operation("inspector2", "ListFindings", access="read")
@on_a_thread
def list_findings(call: Call, reader: Reader) -> dict[str, Any]:
    fits = criteria.compile(call.params.get("filterCriteria"))
    order = call.params.get("sortCriteria") or {}
    rows = [one for one in findings(call, reader, state.seen(call, reader)) if fits(one)]
    some, rest = page(
        call,
        rows,
        sorting.key(order.get("field")),
        default=DEFAULT_RESULTS,
        descending=order.get("sortOrder") == "DESC",
    )
    return {"findings": [shown(reader, one) for one in some], **rest}


@operation("inspector2", "BatchGetFindingDetails", access="read")
def batch_get_finding_details(call: Call, reader: Reader) -> dict[str, Any]:
    accounts = state.seen(call, reader)
    details, errors = [], []
    for text in dict.fromkeys(call.params["findingArns"]):
        arn = Arn.parse(text)
        row = None if arn is None else reader.by_id(FINDING, arn.resource.removeprefix("finding/"))
        if row is None or arn is None or row.region != call.region or row.account != arn.account:
            errors.append(_error(text, "FINDING_DETAILS_NOT_FOUND", "The finding does not exist."))
        elif row.account not in accounts:
            errors.append(_error(text, "ACCESS_DENIED", "Invoking account does not have access to this finding"))
        elif row.body.type != PACKAGE:
            errors.append(_error(text, "FINDING_DETAILS_NOT_FOUND", "There are no details of findings of this type."))
        else:
            details.append({"findingArn": text, **_details(known_of(reader, row.body.vulnerability))})
    return {"findingDetails": details, "errors": errors}


def _error(arn: str, code: str, text: str) -> dict[str, str]:
    return {"findingArn": arn, "errorCode": code, "errorMessage": text}


def _details(known: Known) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "referenceUrls": list(known.references)[:100],
        "cwes": [f"CWE-{number}" for number in known.cwes],
    }
    if known.epss is not None:
        answer["epssScore"] = known.epss
    cisa = {
        member: moment
        for member, text in (("dateAdded", known.kev_added), ("dateDue", known.kev_due))
        if (moment := when(text)) is not None
    }
    if known.kev_added:
        answer["cisaData"] = {**cisa, **({"action": known.kev_action} if known.kev_action else {})}
    if (seen := when(known.exploit_seen)) is not None:
        answer["exploitObserved"] = {"lastSeen": seen}
    return answer
