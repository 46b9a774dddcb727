"""X.509 signing certificates of users."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam import quotas, x509
from garrison.services.iam.credentials import SIGNING_CERTIFICATE, SigningCertificate
from garrison.services.iam.errors import over_quota
from garrison.services.iam.paging import page
from garrison.services.iam.subject import Subject, subject
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _shown(who: Subject, row: Resource[SigningCertificate]) -> dict[str, Any]:
    return {
        **who.named,
        "CertificateId": row.id,
        "CertificateBody": row.body.body,
        "Status": row.body.status,
        "UploadDate": row.created,
    }


def _named(call: Call, tx: Transaction) -> Resource[SigningCertificate]:
    id = call.params["CertificateId"]
    who = subject(call, tx)
    row = tx.by_id(SIGNING_CERTIFICATE, id)
    if row is None or row.parent != who.id or row.account != call.account:
        raise AwsError("NoSuchEntity", f"The Certificate with id {id} cannot be found.")
    return row


@operation("iam", "UploadSigningCertificate", access="write")
def upload_signing_certificate(call: Call, tx: Transaction) -> dict[str, Any]:
    who = subject(call, tx)
    text = call.params["CertificateBody"].strip()
    found = x509.certificate(text)
    if not x509.is_valid_at(found, call.now):
        raise AwsError("InvalidCertificate", "The certificate is expired or not valid yet.")
    if tx.count(SIGNING_CERTIFICATE, call.account, parent=who.id) >= quotas.SIGNING_CERTIFICATES_PER_USER:
        raise over_quota("CertificatesPerUser", quotas.SIGNING_CERTIFICATES_PER_USER)
    body = SigningCertificate(body=text, fingerprint=x509.fingerprint(found))
    known = f"{call.account}:{body.fingerprint}"
    id = "".join(secrets.choice(_ID) for _ in range(32))
    try:
        tx.set_lookup(SIGNING_CERTIFICATE.name, known, id)
    except AlreadyExists:
        # "The same certificate is associated with an IAM user in the account" (API reference).
        raise AwsError("DuplicateCertificate", "The certificate is already associated with a user.") from None
    row = tx.insert(SIGNING_CERTIFICATE, call.account, id, body, id=id, parent=who.id, created=call.now)
    return {"Certificate": _shown(who, row)}


@operation("iam", "ListSigningCertificates", access="read")
def list_signing_certificates(call: Call, reader: Reader) -> dict[str, Any]:
    who = subject(call, reader)
    rows, end = page(call, reader, SIGNING_CERTIFICATE, parent=who.id)
    return {"Certificates": [_shown(who, row) for row in rows], **end}


@operation("iam", "UpdateSigningCertificate", access="write")
def update_signing_certificate(call: Call, tx: Transaction) -> None:
    row = _named(call, tx)
    status = call.params["Status"]
    if status == "Expired":
        # Listed among the statuses of the model, but not for anybody to set. The text is a guess.
        raise AwsError("InvalidInput", "The status of a certificate can be set to Active or Inactive only.")
    changed = msgspec.structs.replace(row.body, status=status, status_changed=call.now)
    tx.update(row, changed, updated=call.now)


@operation("iam", "DeleteSigningCertificate", access="write")
def delete_signing_certificate(call: Call, tx: Transaction) -> None:
    row = _named(call, tx)
    tx.delete_lookup(SIGNING_CERTIFICATE.name, f"{call.account}:{row.body.fingerprint}")
    tx.delete(row)
