"""Reports: listing, terms, and the document itself.

Who wants a report asks for its terms first and shows the token that came with them: that is AWS's flow, and leaves in
the trail who was told which terms. How long a token lives, and what sets EXPLICIT apart from PASSTHROUGH beside the
console's tick box, AWS does not say: a quarter of an hour, and nothing (guesses).
"""

from __future__ import annotations

import secrets
from typing import Any

from garrison.access.call import Call
from garrison.services.artifact import downloads, keeping
from garrison.services.artifact.errors import bad_token, invalid, not_found
from garrison.services.artifact.expired import forget
from garrison.services.artifact.ids import hashed, report_arn
from garrison.services.artifact.notices import together
from garrison.services.artifact.resources import EVERYBODY, REPORT, TERM_TOKEN, VERSION, Report, TermToken, Version
from garrison.services.operation import operation
from garrison.services.paging import BadToken, cut
from garrison.store import Reader, Resource, Transaction

TOKEN_LIFE = 900
"""Seconds."""
_PAGE = 100


def version_name(report: str, number: int) -> str:
    """A version's row and the folder of its documents."""
    return f"{report}/{number:06d}"


def visible(call: Call, reader: Reader, report: Report) -> bool:
    """Whether the caller's account may know of a report: its own, and those of its organization's accounts."""
    return together(call.runtime, reader, call.account, report.owner)


def find(call: Call, reader: Reader, report: str, number: int | None) -> tuple[Resource[Report], Resource[Version]]:
    """A report and a version of it: the newest, where none is named. Raises `ResourceNotFoundException`."""
    row = reader.get(REPORT, EVERYBODY, report)
    if row is None or not visible(call, reader, row.body):
        raise not_found("report", report)
    version = reader.get(VERSION, EVERYBODY, version_name(report, number or row.body.newest))
    if version is None:
        raise not_found("report", f"{report}:{number}")
    return row, version


def page(call: Call, items: list[dict[str, Any]], key: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One page, and the answer's paging member."""
    limit = int(call.params.get("maxResults") or _PAGE)
    try:
        shown, token = cut(call, items, key, limit=limit, token=call.params.get("nextToken"))
    except BadToken:
        raise invalid("The nextToken is not one this operation gave out.", "nextToken") from None
    return shown, {} if token is None else {"nextToken": token}


def summary(call: Call, row: Resource[Report], version: Resource[Version]) -> dict[str, Any]:
    """A `ReportSummary`."""
    report, one = row.body, version.body
    return {
        "id": row.name,
        "name": report.title,
        "state": "PUBLISHED" if report.published else "UNPUBLISHED",
        "arn": report_arn(call.partition, call.region, row.name, one.number),
        "version": one.number,
        "uploadState": "COMPLETE",
        "description": report.description,
        "periodStart": one.period_start,
        "periodEnd": one.period_end,
        "series": report.series,
        "category": report.category,
        "companyName": report.company,
        "productName": report.product,
        "acceptanceType": report.acceptance,
    }


@operation("artifact", "ListReports", access="read")
def list_reports(call: Call, reader: Reader) -> dict[str, Any]:
    found = [
        summary(call, *find(call, reader, row.name, None))
        for row in reader.page(REPORT, EVERYBODY)
        if row.body.published and visible(call, reader, row.body)
    ]
    shown, rest = page(call, found, lambda one: one["id"])
    return {"reports": shown, **rest}


@operation("artifact", "ListReportVersions", access="read")
def list_report_versions(call: Call, reader: Reader) -> dict[str, Any]:
    row, _ = find(call, reader, call.params["reportId"], None)
    numbers = range(row.body.newest, 0, -1)
    found = [summary(call, *find(call, reader, row.name, number)) for number in numbers]
    shown, rest = page(call, found, lambda one: f"{10**9 - one['version']:010d}")
    return {"reports": shown, **rest}


@operation("artifact", "GetReportMetadata", access="read")
def get_report_metadata(call: Call, reader: Reader) -> dict[str, Any]:
    row, version = find(call, reader, call.params["reportId"], call.params.get("reportVersion"))
    details = summary(call, row, version) | {
        "createdAt": version.created,
        "lastModifiedAt": version.created,
        "termArn": f"arn:{call.partition}:artifact:{call.region}::term/{version.body.terms_sha256[:16]}:1",
        "sequenceNumber": version.body.number,
    }
    return {"reportDetails": details}


@operation("artifact", "GetTermForReport", access="write")
def get_term_for_report(call: Call, tx: Transaction) -> dict[str, Any]:
    row, version = find(call, tx, call.params["reportId"], call.params.get("reportVersion"))
    token = secrets.token_urlsafe(32)
    principal = call.caller.principal.arn
    body = TermToken(principal, row.name, version.body.number, call.now + TOKEN_LIFE)
    tx.insert(TERM_TOKEN, call.account, hashed(token), body, id=hashed(token), created=call.now)
    forget(call, tx, TERM_TOKEN)
    place = f"{version.name}/terms"
    return {"documentPresignedUrl": downloads.link(call, place, version.body.terms_media_type), "termToken": token}


@operation("artifact", "GetReport", access="read")
def get_report(call: Call, reader: Reader) -> dict[str, Any]:
    row, version = find(call, reader, call.params["reportId"], call.params.get("reportVersion"))
    shown = reader.get(TERM_TOKEN, call.account, hashed(call.params["termToken"]))
    told = None if shown is None else shown.body
    mine = (call.caller.principal.arn, row.name, version.body.number)
    if told is None or told.expires < call.now or (told.principal, told.report, told.number) != mine:
        raise bad_token("termToken")
    place = f"{version.name}/document"

    def linked() -> dict[str, Any]:
        keeping.admit(call, place)
        return {"documentPresignedUrl": downloads.link(call, place, version.body.media_type, marked=True)}

    if version.body.key:
        call.later = linked
        return {}
    return linked()
