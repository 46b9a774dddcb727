"""`garrison:PublishReport`: how a report comes into Artifact. AWS publishes its own, and has no operation for it.

A report is what an account calls by one name, in one series, of one company and product: whoever publishes under these
adds a version to it. What was published already makes no new version; the one there is is answered.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.artifact import content
from garrison.services.artifact.ids import report_arn
from garrison.services.artifact.notices import REPORT_UPDATE, announce, together
from garrison.services.artifact.reports import version_name
from garrison.services.artifact.resources import EVERYBODY, REPORT, VERSION, Report, Version
from garrison.services.artifact.submitted import Submitted, invalid, names, sniffed, submitted
from garrison.services.operation import operation
from garrison.store import Resource, Transaction

_TEXT = re.compile(r"[^<>]{1,2048}")
_SAME = "artifact.same"
"""Lookups: a report and the digest of what a document says -> the number of the version that says it."""


@operation("garrison", "PublishReport", access="write", prepare=submitted)
def publish_report(call: Call, tx: Transaction) -> dict[str, Any]:
    params, given = call.params, call.prepared
    assert isinstance(given, Submitted)
    row = _report(call, tx, given.report)
    there = tx.lookup(_SAME, f"{row.name} {given.same}")
    if there is not None and row.body.published:
        found = tx.get(VERSION, EVERYBODY, version_name(row.name, int(there)))
        assert found is not None
        return _shown(call, found.body)
    body = msgspec.structs.replace(row.body, newest=row.body.newest + 1, published=True)
    number = body.newest
    tx.update(row, body)
    if there is not None:
        tx.delete_lookup(_SAME, f"{row.name} {given.same}")
    tx.set_lookup(_SAME, f"{row.name} {given.same}", str(number))
    version = Version(
        report=row.name,
        number=number,
        period_start=float(params["periodStart"]),
        period_end=float(params["periodEnd"]),
        sha256=given.sha256,
        size=len(params["document"]),
        media_type=given.media_type,
        terms_sha256=hashlib.sha256(given.terms).hexdigest(),
        terms_media_type=sniffed(given.terms),
        by=call.caller.principal.arn,
        signed_with=given.signed_with,
        key=given.key,
    )
    name = version_name(row.name, number)
    # The files come first: a version that is there has its documents, whatever stops us.
    content.keep(call.runtime, f"{name}/document", given.kept)
    content.keep(call.runtime, f"{name}/terms", given.terms)
    tx.insert(VERSION, EVERYBODY, name, version, id=name, created=call.now)
    _announce(call, tx, body, version)
    return _shown(call, version)


@operation("garrison", "UnpublishReport", access="write")
def unpublish_report(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx, call.params["reportId"])
    tx.update(row, msgspec.structs.replace(row.body, published=False))
    return {}


def _announce(call: Call, tx: Transaction, report: Report, version: Version) -> None:
    detail = {
        "reportId": version.report, "reportVersion": version.number, "reportName": report.title,
        "series": report.series, "category": report.category, "companyName": report.company,
        "productName": report.product, "state": "PUBLISHED",
    }  # fmt: skip
    announce(
        call.runtime, tx, REPORT_UPDATE, detail, region=call.region, now=call.now,
        arn=report_arn(call.partition, call.region, version.report, version.number),
        concerns=lambda account: together(call.runtime, tx, account, report.owner),
    )  # fmt: skip


def _shown(call: Call, version: Version) -> dict[str, Any]:
    return {
        "reportId": version.report,
        "reportVersion": version.number,
        "reportArn": report_arn(call.partition, call.region, version.report, version.number),
        "sha256": version.sha256,
        **({"signedWith": version.signed_with} if version.signed_with else {}),
        **({"kmsKeyArn": version.key} if version.key else {}),
    }


def _load(call: Call, tx: Transaction, id: str) -> Resource[Report]:
    row = tx.get(REPORT, EVERYBODY, id)
    if row is None or row.body.owner != call.account:
        fields = {"resourceId": id, "resourceType": "report"}
        raise AwsError("ResourceNotFoundException", f"The report {id} does not exist.", status=404, fields=fields)
    return row


def _report(call: Call, tx: Transaction, id: str) -> Resource[Report]:
    """The report a version is added to: the one of an id or of the same names, or a new one."""
    params = call.params
    if params.get("reportId") is not None:
        return _load(call, tx, id)
    row = tx.get(REPORT, EVERYBODY, id)
    if row is not None:
        return row
    named = names(params)
    description = params.get("description") or named["name"]
    if not _TEXT.fullmatch(description):
        raise invalid("description must have 1 to 2048 characters without angle brackets.")
    body = Report(
        title=named["name"], description=description, series=named["series"], category=named["category"],
        company=named["companyName"], product=named["productName"], owner=call.account,
        acceptance=params.get("acceptanceType", "PASSTHROUGH"),
    )  # fmt: skip
    return tx.insert(REPORT, EVERYBODY, id, body, id=id, created=call.now)
