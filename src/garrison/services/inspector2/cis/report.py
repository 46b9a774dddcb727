"""GetCisScanReport: a scan as a file, by a link that is good for some minutes.

CSV always; PDF with the `pdf` extra. The columns are ours: AWS documents none.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from garrison.access import downloads
from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.inspector2.cis import pdf
from garrison.services.inspector2.cis.resources import JOB, SCAN, Job, Scan
from garrison.services.inspector2.cis.scans import checks, jobs, scan_arn, status
from garrison.services.inspector2.errors import not_found
from garrison.services.inspector2.state import needed
from garrison.services.operation import operation
from garrison.store import Reader, Resource

_MAKER = "inspector2-cis-report"
_SECONDS = 900.0
COLUMNS = (
    "Scan Name", "Scan ARN", "AWS Account ID", "Resource ID", "Platform", "Target Status", "Check ID", "Title", "Level",
    "Status", "Status Reason", "Description", "Remediation",
)  # fmt: skip


@operation("inspector2", "GetCisScanReport", access="read")
def get_cis_scan_report(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    arn = call.params["scanArn"]
    row = reader.by_id(SCAN, arn.rpartition("/")[2])
    found = [] if row is None else jobs(call, reader, row)
    if (
        row is None
        or scan_arn(call, row) != arn
        or row.region != call.region
        or not (found or row.account == call.account)
    ):
        raise not_found("The CIS scan does not exist.")
    accounts = call.params.get("targetAccounts") or []
    if status([job for job in found if not accounts or job.body.account in accounts]) == "IN_PROGRESS":
        return {"status": "IN_PROGRESS"}
    form = call.params.get("reportFormat", "PDF")
    if form == "PDF" and not pdf.available():
        return {"status": "FAILED"}
    seen = accounts[0] if accounts else "" if row.account == call.account else call.account
    about = {"scan": row.id, "arn": arn, "account": seen, "form": form}
    return {"status": "SUCCEEDED", "url": downloads.link(call, _MAKER, about, seconds=_SECONDS)}


def _made(runtime: Runtime, reader: Reader, about: dict[str, str]) -> downloads.File | None:
    scan = reader.by_id(SCAN, about["scan"])
    if scan is None:
        return None
    found = [
        job
        for job in reader.page(JOB, scan.account, region=scan.region, parent=scan.id)
        if about["account"] in ("", job.body.account)
    ]
    rows = _rows(reader, scan, about["arn"], found)
    if about["form"] == "PDF":
        return downloads.File(f"{scan.id}.pdf", "application/pdf", pdf.made(scan.body, about["arn"], rows))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return downloads.File(f"{scan.id}.csv", "text/csv; charset=utf-8", text.getvalue().encode())


def _rows(reader: Reader, scan: Resource[Scan], arn: str, found: list[Resource[Job]]) -> list[list[str]]:
    rows = []
    for job in sorted(found, key=lambda job: (job.body.account, job.body.resource)):
        body = job.body
        begin = [scan.body.scan_name, arn, body.account, body.resource, body.platform, body.state]
        reported = checks(reader, job)
        for id, check in sorted(reported.items()):
            rows.append(
                [*begin, id, check.title, check.level, check.status, check.reason, check.description, check.remediation]
            )
        if not reported:
            rows.append([*begin, "", "", "", "", body.reason, "", ""])
    return rows


def _harmless(cell: str) -> str:
    """What a spreadsheet would take for a formula gets a quote before it."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


downloads.provide_download(_MAKER, _made)
