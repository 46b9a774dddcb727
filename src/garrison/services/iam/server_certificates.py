"""Server certificates: uploaded with their key, shown without it."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.ids import unique_id
from garrison.services.iam import owners, quotas, tags, x509
from garrison.services.iam.credentials import SERVER_CERTIFICATE, ServerCertificate
from garrison.services.iam.errors import over_quota
from garrison.services.iam.paging import page, under
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

PURPOSE = "server-certificate"
"""What private keys are sealed for."""


def _metadata(partition: str, row: Resource[ServerCertificate]) -> dict[str, Any]:
    return {
        "Path": row.body.path,
        "ServerCertificateName": row.name,
        "ServerCertificateId": row.id,
        "Arn": owners.entity_arn(partition, row.account, "server-certificate", row.body.path, row.name),
        "UploadDate": row.created,
        "Expiration": row.body.expires,
    }


def _named(call: Call, reader: Reader) -> Resource[ServerCertificate]:
    name = call.params["ServerCertificateName"]
    row = reader.get(SERVER_CERTIFICATE, call.account, name)
    if row is None:
        raise AwsError("NoSuchEntity", f"The Server Certificate with name {name} cannot be found.")
    return row


def _taken(name: str) -> AwsError:
    return AwsError("EntityAlreadyExists", f"The Server Certificate with name {name} already exists.")


def _checked(call: Call, reader: Reader) -> float:
    """Read and match everything, outside the transaction; when the certificate expires."""
    params = call.params
    found = x509.certificate(params["CertificateBody"])
    x509.check_pair(found, params["PrivateKey"])
    if "CertificateChain" in params:
        x509.check_chain(found, params["CertificateChain"])
    return x509.expiry(found)


@operation("iam", "UploadServerCertificate", access="write", prepare=_checked)
def upload_server_certificate(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    given = tags.given(call)
    name, path = params["ServerCertificateName"], params.get("Path", "/")
    quota = quotas.adjusted(call.runtime, "ServerCertificatesPerAccount", quotas.SERVER_CERTIFICATES)
    if tx.count(SERVER_CERTIFICATE, call.account) >= quota:
        raise over_quota("ServerCertificatesPerAccount", quota)
    id = unique_id("ASCA")
    body = ServerCertificate(
        body=params["CertificateBody"].strip(),
        sealed_key=call.runtime.seal.seal(PURPOSE, params["PrivateKey"].encode(), id),
        expires=call.prepared,
        chain=params["CertificateChain"].strip() if "CertificateChain" in params else None,
        path=path,
        tags=given,
    )
    try:
        row = tx.insert(SERVER_CERTIFICATE, call.account, name, body, id=id, created=call.now)
    except AlreadyExists:
        raise _taken(name) from None
    answer: dict[str, Any] = {"ServerCertificateMetadata": _metadata(call.partition, row)}
    if given:
        answer["Tags"] = tags.shown(given)
    return answer


@operation("iam", "GetServerCertificate", access="read")
def get_server_certificate(call: Call, reader: Reader) -> dict[str, Any]:
    row = _named(call, reader)
    answer: dict[str, Any] = {
        "ServerCertificateMetadata": _metadata(call.partition, row),
        "CertificateBody": row.body.body,
    }
    if row.body.chain is not None:
        answer["CertificateChain"] = row.body.chain
    if row.body.tags:
        answer["Tags"] = tags.shown(row.body.tags)
    return {"ServerCertificate": answer}


@operation("iam", "ListServerCertificates", access="read")
def list_server_certificates(call: Call, reader: Reader) -> dict[str, Any]:
    rows, end = page(call, reader, SERVER_CERTIFICATE, keep=under(call.params.get("PathPrefix")))
    return {"ServerCertificateMetadataList": [_metadata(call.partition, row) for row in rows], **end}


@operation("iam", "UpdateServerCertificate", access="write")
def update_server_certificate(call: Call, tx: Transaction) -> None:
    row = _named(call, tx)
    name = call.params.get("NewServerCertificateName", row.name)
    body = msgspec.structs.replace(row.body, path=call.params.get("NewPath", row.body.path))
    try:
        tx.update(row, body, name=name, updated=call.now)
    except AlreadyExists:
        raise _taken(name) from None


@operation("iam", "DeleteServerCertificate", access="write")
def delete_server_certificate(call: Call, tx: Transaction) -> None:
    tx.delete(_named(call, tx))


@operation("iam", "TagServerCertificate", access="write")
def tag_server_certificate(call: Call, tx: Transaction) -> None:
    row = _named(call, tx)
    _set_tags(call, tx, row, tags.merged(row.body.tags, tags.given(call), quota="TagsPerServerCertificate"))


@operation("iam", "UntagServerCertificate", access="write")
def untag_server_certificate(call: Call, tx: Transaction) -> None:
    row = _named(call, tx)
    _set_tags(call, tx, row, tags.without(row.body.tags, call.params["TagKeys"]))


def _set_tags(call: Call, tx: Transaction, row: Resource[ServerCertificate], new: dict[str, str]) -> None:
    tx.update(row, msgspec.structs.replace(row.body, tags=new), updated=call.now)


@operation("iam", "ListServerCertificateTags", access="read")
def list_server_certificate_tags(call: Call, reader: Reader) -> dict[str, Any]:
    return tags.listed(call, _named(call, reader).body.tags)
