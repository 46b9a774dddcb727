"""Findings reports and SBOM exports: asked for, written by upkeep, told, cancelled."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.inspector2 import destinations, due, state
from garrison.services.inspector2.destinations import Undeliverable
from garrison.services.inspector2.errors import invalid, not_found
from garrison.services.inspector2.report_files import Ask, files
from garrison.services.inspector2.resources import REPORT, Report
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

FINDINGS, SBOM = "findings", "sbom"


def _ask(call: Call, tx: Transaction, what: str, form: str, criteria: dict[str, Any]) -> dict[str, Any]:
    accounts = state.seen(call, tx)
    destination = call.params["s3Destination"]
    body = Report(what=what, form=form, destination=destination, criteria=criteria, accounts=tuple(accounts))
    id = str(uuid.uuid4())
    try:
        destinations.check(call, tx, destination)
    except Undeliverable as e:
        body = msgspec.structs.replace(body, status="FAILED", code=e.code, text=e.text)
    row = tx.insert(REPORT, call.account, id, body, id=id, region=call.region, created=call.now)
    if row.body.status == "IN_PROGRESS":
        due.at(tx, call.now, due.REPORT, id)
    return {"reportId": id}


def _load(call: Call, reader: Reader, what: str) -> Resource[Report]:
    id = call.params.get("reportId")
    if id is None:
        raise invalid("reportId must be given.", "reportId")
    row = reader.by_id(REPORT, id)
    if row is None or (row.account, row.region, row.body.what) != (call.account, call.region, what):
        raise not_found("The report does not exist.")
    return row


def _cancel(call: Call, tx: Transaction, what: str) -> dict[str, Any]:
    row = _load(call, tx, what)
    if row.body.status != "IN_PROGRESS":
        raise invalid(f"The report is {row.body.status} and cannot be cancelled.", "reportId")
    tx.update(row, msgspec.structs.replace(row.body, status="CANCELLED"), updated=call.now)
    return {"reportId": row.id}


def _shown(row: Resource[Report], destination: str) -> dict[str, Any]:
    body = row.body
    answer: dict[str, Any] = {"reportId": row.id, "status": body.status, destination: body.destination}
    if body.criteria:
        answer["filterCriteria"] = body.criteria
    if body.code:
        answer |= {"errorCode": body.code, "errorMessage": body.text}
    return answer


@operation("inspector2", "CreateFindingsReport", access="write")
def create_findings_report(call: Call, tx: Transaction) -> dict[str, Any]:
    return _ask(call, tx, FINDINGS, call.params["reportFormat"], call.params.get("filterCriteria") or {})


@operation("inspector2", "GetFindingsReportStatus", access="read")
def get_findings_report_status(call: Call, reader: Reader) -> dict[str, Any]:
    if "reportId" not in call.params:
        # Without an id the last one is told (a guess: the API reference only says that it is not required).
        rows = [r for r in reader.page(REPORT, call.account, region=call.region) if r.body.what == FINDINGS]
        if not rows:
            raise not_found("There is no report.")
        return _shown(max(rows, key=lambda row: row.created), "destination")
    return _shown(_load(call, reader, FINDINGS), "destination")


@operation("inspector2", "CancelFindingsReport", access="write")
def cancel_findings_report(call: Call, tx: Transaction) -> dict[str, Any]:
    return _cancel(call, tx, FINDINGS)


@operation("inspector2", "CreateSbomExport", access="write")
def create_sbom_export(call: Call, tx: Transaction) -> dict[str, Any]:
    return _ask(call, tx, SBOM, call.params["reportFormat"], call.params.get("resourceFilterCriteria") or {})


@operation("inspector2", "GetSbomExport", access="read")
def get_sbom_export(call: Call, reader: Reader) -> dict[str, Any]:
    row = _load(call, reader, SBOM)
    return {**_shown(row, "s3Destination"), "format": row.body.form}


@operation("inspector2", "CancelSbomExport", access="write")
def cancel_sbom_export(call: Call, tx: Transaction) -> dict[str, Any]:
    return _cancel(call, tx, SBOM)


def _write(runtime: Runtime, id: str, now: float) -> None:
    """Write a report that was asked for, unless it was cancelled; again from the start if it was broken off."""
    with runtime.store.reading() as reader:
        row = reader.by_id(REPORT, id)
    if row is None or row.body.status != "IN_PROGRESS":
        return
    body = row.body
    ask = Ask(runtime.partition, row.account, row.region, id, body, now)
    status, code, text = "SUCCEEDED", "", ""
    try:
        written = 0
        for key, content in files(runtime, ask):
            destinations.deliver(runtime, body.destination, key, content)
            written += 1
        if not written and body.what == FINDINGS:
            status, code, text = "FAILED", "NO_FINDINGS_FOUND", "No findings match the filter."
    except Undeliverable as e:
        status, code, text = "FAILED", e.code, e.text
    done = msgspec.structs.replace(body, status=status, code=code, text=text)
    runtime.store.writing(partial(_told, id, done, now))


def _told(id: str, done: Report, now: float, tx: Transaction) -> None:
    row = tx.by_id(REPORT, id)
    if row is not None and row.body.status == "IN_PROGRESS":
        tx.update(row, done, updated=now)


due.SLOW[due.REPORT] = _write
