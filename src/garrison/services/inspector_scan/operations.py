"""ScanSbom: a bill of materials in, its vulnerabilities out. Nothing is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.vulnerabilities import database
from garrison.aws.errors import AwsError
from garrison.scan.sbom_scan import SbomRejected, scan_sbom
from garrison.scan.vulndb import DatabaseError
from garrison.services.operation import operation
from garrison.store import Reader

LARGEST_ANSWER = 10 * 1024 * 1024
"""Bytes. Source: Inspector user guide, "Creating an SBOM scan"; which error AWS answers beyond it is a guess."""


@operation("inspector-scan", "ScanSbom", access="read")
def scan_sbom_operation(call: Call, reader: Reader) -> None:
    call.later = lambda: _scanned(call)


def _scanned(call: Call) -> dict[str, Any]:
    # Which form is the default is recalled, not documented in the model.
    form = call.params.get("outputFormat", "CYCLONE_DX_1_5")
    try:
        now = datetime.fromtimestamp(call.now, UTC)
        answer = scan_sbom(call.params["sbom"], form, database=database(call.runtime), now=now)
    except SbomRejected as e:
        raise invalid(str(e), e.reason) from None
    except DatabaseError as e:
        # Without a database nothing can be said of any package: not that it is free of vulnerabilities.
        raise AwsError("InternalServerException", str(e), status=500, fields={"reason": "OTHER"}) from None
    if len(msgspec.json.encode(answer)) > LARGEST_ANSWER:
        raise invalid(f"The answer is larger than {LARGEST_ANSWER} bytes. Send the SBOM in parts.", "OTHER")
    return {"sbom": answer}


def invalid(message: str, reason: str) -> AwsError:
    """`ValidationException` about the document."""
    fields = [{"name": "sbom", "message": message}] if reason == "FIELD_VALIDATION_FAILED" else []
    told: dict[str, Any] = {"reason": reason}
    if fields:
        told["fields"] = fields
    return AwsError("ValidationException", message, status=400, fields=told)
