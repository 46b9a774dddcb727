"""The operations of `garrison` that tell who is responsible for what, and how that stands in the caller's account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.access.call import Call
from garrison.assess.known import results
from garrison.assess.ledger import LedgerError
from garrison.aws.errors import AwsError
from garrison.responsibility import (
    Matrix,
    Profile,
    Selection,
    UnknownService,
    UnknownSetting,
    every,
    matrix,
    select,
    services,
)
from garrison.responsibility.view import comparison_view, matrix_view, row_view, service_view
from garrison.services.operation import operation
from garrison.services.paging import BadToken, cut
from garrison.services.responsibility.in_use import in_use
from garrison.store import Reader

PAGE = 50
"""Rows of a page, unless the caller says otherwise."""


@operation("garrison", "ListResponsibilityServices", access="read")
def list_responsibility_services(call: Call, reader: Reader) -> dict[str, Any]:
    known = {f"{n:04}": one for n, one in enumerate(services().values())}
    shown, more = _page(call, known)
    return {"services": [service_view(known[key]) for key in shown], **more}


@operation("garrison", "GetResponsibilities", access="read")
def get_responsibilities(call: Call, reader: Reader) -> dict[str, Any]:
    found = _matrix(call, reader, _selected([call.params["service"]]))
    row = row_view(found.rows[0])
    layer = call.params.get("layer")
    if layer is not None:
        row["cells"] = [cell for cell in row["cells"] if cell["layer"] == layer]
    return {"row": row, **_about(found)}


@operation("garrison", "GetResponsibilityComparison", access="read")
def get_responsibility_comparison(call: Call, reader: Reader) -> dict[str, Any]:
    return comparison_view(_matrix(call, reader, _selected(call.params["services"])))


@operation("garrison", "GetResponsibilityMatrix", access="read")
def get_responsibility_matrix(call: Call, reader: Reader) -> dict[str, Any]:
    asked = call.params.get("services")
    chosen = every() if asked is None else _selected(asked)
    if call.params.get("inUse"):
        used = set(in_use(reader, call.runtime.trail, call.account, call.now))
        chosen = [one for one in chosen if one.service.id in used]
    known = {f"{n:04}": one for n, one in enumerate(chosen)}
    shown, more = _page(call, known)
    return {**matrix_view(_matrix(call, reader, [known[key] for key in shown])), **more}


def _matrix(call: Call, reader: Reader, chosen: list[Selection]) -> Matrix:
    profile = Profile(call.params.get("profile", Profile.AWS))
    found = matrix(chosen, profile)
    if call.runtime.evidence is None:
        return found
    try:
        return found.with_results(results(call.runtime.evidence, call.account), call.now)
    except LedgerError as e:
        raise AwsError("InternalServerException", str(e), status=500) from None


def _about(found: Matrix) -> dict[str, Any]:
    about: dict[str, Any] = {"profile": str(found.profile)}
    if found.assessed is not None:
        about["assessedAt"] = found.assessed
    return about


def _selected(written: Iterable[str]) -> list[Selection]:
    chosen = []
    for text in written:
        try:
            chosen.append(select(text))
        except UnknownService as e:
            fields = {"resourceId": text, "resourceType": "service"}
            raise AwsError("ResourceNotFoundException", str(e), fields=fields) from None
        except UnknownSetting as e:
            raise AwsError("ValidationException", str(e)) from None
    return chosen


def _page(call: Call, keys: Iterable[str]) -> tuple[list[str], dict[str, Any]]:
    """One page of keys, and the answer's paging member."""
    limit = int(call.params.get("maxResults") or PAGE)
    try:
        shown, token = cut(call, keys, str, limit=limit, token=call.params.get("nextToken"))
    except BadToken:
        raise AwsError("ValidationException", "The nextToken is not one this operation gave out.") from None
    return shown, {} if token is None else {"nextToken": token}
