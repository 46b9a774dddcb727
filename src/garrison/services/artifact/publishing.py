"""`garrison:PublishReport`: how a report comes into Artifact. AWS publishes its own, and has no operation for it.

What an auditor uploads carries a signature where there is one: a detached signature over the document's bytes, with
the public key it verifies by, whose fingerprint is kept. A signature that does not verify is refused; so is a bundle of
an assessment's report that is not whole.

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
from garrison.evidence.canonical import canonical
from garrison.evidence.pack import BadPack, is_pack, verified
from garrison.evidence.signing import BadKey, der, fingerprint, signed_by
from garrison.services.artifact import content
from garrison.services.artifact.ids import named_id, report_arn
from garrison.services.artifact.notices import REPORT_UPDATE, announce, together
from garrison.services.artifact.reports import version_name
from garrison.services.artifact.resources import EVERYBODY, REPORT, VERSION, Report, Version
from garrison.services.operation import operation
from garrison.store import Resource, Transaction

_NAME = re.compile(r"[a-zA-Z0-9_\-\s]{1,256}")
_TEXT = re.compile(r"[^<>]{1,2048}")
_LARGEST = 10 << 20
"""Bytes of a document."""
_SAME = "artifact.same"
"""Lookups: a report and the digest of what a document says -> the number of the version that says it."""
TERMS = b"""Terms of this report

This document is confidential. It may be used to judge the controls it describes, by those whom the account's owner
lets see it, and by nobody else. It tells of the time it names, and of no other.
"""
"""What is shown where whoever publishes gives no terms."""


@operation("garrison", "PublishReport", access="write")
def publish_report(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    document: bytes = params["document"]
    if not 0 < len(document) <= _LARGEST:
        raise _invalid(f"document must have between 1 and {_LARGEST} bytes.")
    if params["periodEnd"] < params["periodStart"]:
        raise _invalid("periodEnd must not be before periodStart.")
    media_type = _sniffed(document)
    same, signed_with = _content(params, document)
    terms: bytes = params.get("terms") or TERMS
    row = _report(call, tx)
    there = tx.lookup(_SAME, f"{row.name} {same}")
    if there is not None and row.body.published:
        found = tx.get(VERSION, EVERYBODY, version_name(row.name, int(there)))
        assert found is not None
        return _shown(call, found.body)
    body = msgspec.structs.replace(row.body, newest=row.body.newest + 1, published=True)
    number = body.newest
    tx.update(row, body)
    if there is not None:
        tx.delete_lookup(_SAME, f"{row.name} {same}")
    tx.set_lookup(_SAME, f"{row.name} {same}", str(number))
    version = Version(
        report=row.name,
        number=number,
        period_start=float(params["periodStart"]),
        period_end=float(params["periodEnd"]),
        sha256=hashlib.sha256(document).hexdigest(),
        size=len(document),
        media_type=media_type,
        terms_sha256=hashlib.sha256(terms).hexdigest(),
        terms_media_type=_sniffed(terms),
        by=call.caller.principal.arn,
        signed_with=signed_with,
    )
    name = version_name(row.name, number)
    # The files come first: a version that is there has its documents, whatever stops us.
    content.keep(call.runtime, f"{name}/document", document)
    content.keep(call.runtime, f"{name}/terms", terms)
    tx.insert(VERSION, EVERYBODY, name, version, id=name, created=call.now)
    _announce(call, tx, body, version)
    return _shown(call, version)


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
    }


@operation("garrison", "UnpublishReport", access="write")
def unpublish_report(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx, call.params["reportId"])
    tx.update(row, msgspec.structs.replace(row.body, published=False))
    return {}


def _load(call: Call, tx: Transaction, id: str) -> Resource[Report]:
    row = tx.get(REPORT, EVERYBODY, id)
    if row is None or row.body.owner != call.account:
        fields = {"resourceId": id, "resourceType": "report"}
        raise AwsError("ResourceNotFoundException", f"The report {id} does not exist.", status=404, fields=fields)
    return row


def _report(call: Call, tx: Transaction) -> Resource[Report]:
    """The report a version is added to: the one of an id or of the same names, or a new one."""
    params = call.params
    id = params.get("reportId")
    if id is not None:
        return _load(call, tx, id)
    names = {}
    for member in ("name", "series", "category", "companyName", "productName"):
        names[member] = params.get(member) or ""
        if not _NAME.fullmatch(names[member]):
            raise _invalid(f"{member} must have 1 to 256 letters, digits, spaces, - or _.")
    description = params.get("description") or names["name"]
    if not _TEXT.fullmatch(description):
        raise _invalid("description must have 1 to 2048 characters without angle brackets.")
    body = Report(
        title=names["name"], description=description, series=names["series"], category=names["category"],
        company=names["companyName"], product=names["productName"], owner=call.account,
        acceptance=params.get("acceptanceType", "PASSTHROUGH"),
    )  # fmt: skip
    id = named_id("report-", call.account, *names.values())
    row = tx.get(REPORT, EVERYBODY, id)
    if row is not None:
        return row
    return tx.insert(REPORT, EVERYBODY, id, body, id=id, created=call.now)


def _content(params: dict[str, Any], document: bytes) -> tuple[str, str]:
    """What stands for what a document says, and the fingerprint of the key that signed it; "" where none did.

    A bundle says what its signed manifest says: made again of the same run, it differs in its signature alone.
    """
    signed_with = _signature(params, document)
    said = document
    if is_pack(document):
        try:
            manifest = verified(document)
        except BadPack as e:
            raise _invalid(f"The bundle is not whole: {e}") from e
        said, signed_with = canonical(manifest), signed_with or str(manifest["key"])
    period = f"{params['periodStart']} {params['periodEnd']}"
    terms = hashlib.sha256(params.get("terms") or TERMS).hexdigest()
    return hashlib.sha256(f"{period} {terms} ".encode() + said).hexdigest(), signed_with


def _signature(params: dict[str, Any], document: bytes) -> str:
    """Fingerprint of the key whose signature verified; "" where there is none."""
    signature, key = params.get("signature"), params.get("publicKey")
    if (signature is None) != (key is None):
        raise _invalid("signature and publicKey go together.")
    if signature is None or key is None:
        return ""
    algorithm = params.get("signatureAlgorithm", "ECDSA_SHA_256")
    try:
        public = der(str(key).encode())
        genuine = signed_by(public, algorithm, document, signature)
    except BadKey as e:
        raise _invalid(f"publicKey cannot be used: {e}.") from e
    if not genuine:
        raise _invalid("The signature is not of this document by this key.")
    return fingerprint(public)


def _sniffed(document: bytes) -> str:
    """What a document is, by its own first bytes; never something a browser would run."""
    if document.startswith(b"%PDF-"):
        return "application/pdf"
    if document.startswith(b"PK\x03\x04"):
        return "application/zip"
    try:
        document.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain; charset=utf-8"


def _invalid(text: str) -> AwsError:
    return AwsError("ValidationException", text, status=400)
