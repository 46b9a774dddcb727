"""What whoever publishes a report hands in: looked at, its signatures verified, and sealed, before anything is changed.

What has malware in it is refused.

What an auditor uploads carries a signature where there is one: in the PDF document itself, or detached, over the
document's bytes, with the public key it verifies by. The fingerprint of the key is kept. A signature that does not
verify is refused; so is a bundle of an assessment's report that is not whole.
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
from garrison.services.artifact import keeping, pdf
from garrison.services.artifact.downloads import PDF
from garrison.services.artifact.ids import named_id
from garrison.services.malware import scan
from garrison.store import Reader

_NAME = re.compile(r"[a-zA-Z0-9_\-\s]{1,256}")
_NAMES = ("name", "series", "category", "companyName", "productName")
_LARGEST = 10 << 20
"""Bytes of a document."""
TERMS = b"""Terms of this report

This document is confidential. It may be used to judge the controls it describes, by those whom the account's owner
lets see it, and by nobody else. It tells of the time it names, and of no other.
"""
"""What is shown where whoever publishes gives no terms."""


class Submitted(msgspec.Struct, frozen=True):
    """A document that may be published."""

    report: str
    """The id of the report it is a version of, whether there is one yet or not."""
    kept: bytes
    """The document as it is kept: under a KMS key, if there is one."""
    sha256: str
    """Of the document itself."""
    media_type: str
    same: str
    """What stands for all it says: two documents that say the same have one."""
    signed_with: str
    """Fingerprint of the key that signed it; "" where none did."""
    key: str
    """ARN of the KMS key it is under, or ""."""
    terms: bytes


def submitted(call: Call, reader: Reader) -> Submitted:
    """The `prepare` step of PublishReport. Raises `ValidationException`, and `AccessDeniedException` for a KMS key."""
    params = call.params
    document: bytes = params["document"]
    if not 0 < len(document) <= _LARGEST:
        raise invalid(f"document must have between 1 and {_LARGEST} bytes.")
    if params["periodEnd"] < params["periodStart"]:
        raise invalid("periodEnd must not be before periodStart.")
    _harmless(call, document, "document")
    _harmless(call, params.get("terms") or b"", "terms")
    report = params.get("reportId") or named_id("report-", call.account, *names(params).values())
    media_type = sniffed(document)
    said, inside = _signed_inside(document, media_type)
    terms: bytes = params.get("terms") or TERMS
    about = f"{params['periodStart']} {params['periodEnd']} {hashlib.sha256(terms).hexdigest()} "
    signed_with = _signed_beside(params, document, inside)
    kept, key = document, ""
    if params.get("kmsKeyId"):
        kept, key = keeping.sealed(call, document, params["kmsKeyId"], report)
    return Submitted(
        report=report, kept=kept, sha256=hashlib.sha256(document).hexdigest(), media_type=media_type,
        same=hashlib.sha256(about.encode() + said).hexdigest(), signed_with=signed_with, key=key, terms=terms,
    )  # fmt: skip


def names(params: dict[str, Any]) -> dict[str, str]:
    """What the report is called. Raises `ValidationException`."""
    found = {member: params.get(member) or "" for member in _NAMES}
    for member, name in found.items():
        if not _NAME.fullmatch(name):
            raise invalid(f"{member} must have 1 to 256 letters, digits, spaces, - or _.")
    return found


def sniffed(document: bytes) -> str:
    """What a document is, by its own first bytes; never something a browser would run."""
    if document.startswith(b"%PDF-"):
        return PDF
    if document.startswith(b"PK\x03\x04"):
        return "application/zip"
    try:
        document.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain; charset=utf-8"


def invalid(text: str) -> AwsError:
    """`ValidationException`."""
    return AwsError("ValidationException", text, status=400)


def _harmless(call: Call, document: bytes, member: str) -> None:
    """Look for malware, where the `malware` extra is installed: nobody shall get it by way of a report."""
    verdict = scan(call.runtime, member, document)
    if verdict is None or verdict.status == "NO_THREATS_FOUND":
        return
    if verdict.threats:
        names = ", ".join(sorted({one.name for one in verdict.threats}))
        raise invalid(f"There is malware in {member}: {names}.")
    raise invalid(f"{member} cannot be scanned for malware: {verdict.detail}.")


def _signed_inside(document: bytes, media_type: str) -> tuple[bytes, str]:
    """What a document says, and the fingerprint of the key whose signature is in it; "" where there is none.

    A bundle says what its signed manifest says: made again of the same run, it differs in its signature alone.
    """
    if media_type == PDF:
        try:
            found = pdf.signer(document)
            pdf.watermarked(document, "-")  # what cannot be marked is not handed out, so it is not taken
        except pdf.BadPdf as e:
            raise invalid(str(e)) from e
        return document, found
    if not is_pack(document):
        return document, ""
    try:
        manifest = verified(document)
    except BadPack as e:
        raise invalid(f"The bundle is not whole: {e}") from e
    return canonical(manifest), str(manifest["key"])


def _signed_beside(params: dict[str, Any], document: bytes, inside: str) -> str:
    """Fingerprint of the key that signed: of the detached signature, where there is one."""
    signature, key = params.get("signature"), params.get("publicKey")
    if signature is None and key is None:
        return inside
    if key is None or (signature is None and not inside):
        raise invalid("signature and publicKey go together.")
    try:
        public = der(str(key).encode())
        if signature is None:
            genuine = fingerprint(public) == inside
        else:
            genuine = signed_by(public, params.get("signatureAlgorithm", "ECDSA_SHA_256"), document, signature)
    except BadKey as e:
        raise invalid(f"publicKey cannot be used: {e}.") from e
    if not genuine:
        raise invalid("The signature is not of this document by this key.")
    return fingerprint(public)
