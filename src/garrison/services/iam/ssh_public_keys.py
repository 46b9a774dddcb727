"""SSH public keys of users, for CodeCommit: RSA keys of 2048 bits or more, in SSH's or in PEM form.

Source: CodeCommit user guide, "Setup for SSH connections"; IAM API reference, UploadSSHPublicKey. Texts are guesses.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.ids import unique_id
from garrison.services.iam import quotas
from garrison.services.iam.credentials import SSH_PUBLIC_KEY, SshPublicKey
from garrison.services.iam.errors import over_quota
from garrison.services.iam.paging import page
from garrison.services.iam.subject import Subject, subject
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

LEAST_BITS, MOST_BITS = 2048, 16384
"""API reference: "The minimum bit-length of the public key is 2048 bits"."""


def read(text: str) -> tuple[str, str]:
    """The key in SSH's form and its fingerprint. Raises `UnrecognizedPublicKeyEncoding` or `InvalidPublicKey`."""
    text = text.strip()
    key: Any
    comment = ""
    try:
        if text.startswith("-----BEGIN "):
            key = serialization.load_pem_public_key(text.encode())
        elif text.startswith(("ssh-", "ecdsa-", "sk-")):
            key = serialization.load_ssh_public_key(text.encode())
            comment = text.partition(" ")[2].strip().partition(" ")[2]
        else:
            raise AwsError(
                "UnrecognizedPublicKeyEncoding", "The public key encoding format is unsupported or unrecognized."
            )
    except (ValueError, UnsupportedAlgorithm):
        raise AwsError("InvalidPublicKey", "The public key is malformed or otherwise invalid.") from None
    if not isinstance(key, rsa.RSAPublicKey) or not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise AwsError("InvalidPublicKey", f"The public key must be an RSA key of {LEAST_BITS} to {MOST_BITS} bits.")
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    wire = base64.b64decode(line.split(" ")[1])
    digest = hashlib.md5(wire, usedforsecurity=False).hexdigest()
    fingerprint = ":".join(digest[at : at + 2] for at in range(0, 32, 2))
    return f"{line} {comment}".strip(), fingerprint


def _brief(who: Subject, row: Resource[SshPublicKey]) -> dict[str, Any]:
    return {**who.named, "SSHPublicKeyId": row.id, "Status": row.body.status, "UploadDate": row.created}


def _full(who: Subject, row: Resource[SshPublicKey], encoding: str) -> dict[str, Any]:
    body = row.body.ssh
    if encoding == "PEM":
        key = serialization.load_ssh_public_key(body.encode())
        body = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()
    return {**_brief(who, row), "Fingerprint": row.body.fingerprint, "SSHPublicKeyBody": body}


def _named(call: Call, reader: Reader) -> tuple[Subject, Resource[SshPublicKey]]:
    id = call.params["SSHPublicKeyId"]
    who = subject(call, reader)
    row = reader.by_id(SSH_PUBLIC_KEY, id)
    if row is None or row.parent != who.id or row.account != call.account:
        raise AwsError("NoSuchEntity", f"The Public Key with id {id} cannot be found.")
    return who, row


@operation("iam", "UploadSSHPublicKey", access="write")
def upload_ssh_public_key(call: Call, tx: Transaction) -> dict[str, Any]:
    who = subject(call, tx)
    ssh, fingerprint = read(call.params["SSHPublicKeyBody"])
    held = tx.page(SSH_PUBLIC_KEY, call.account, parent=who.id)
    if any(row.body.fingerprint == fingerprint for row in held):
        raise AwsError("DuplicateSSHPublicKey", "The SSH public key is already associated with the specified IAM user.")
    if len(held) >= quotas.SSH_PUBLIC_KEYS_PER_USER:
        raise over_quota("SSHPublicKeysPerUser", quotas.SSH_PUBLIC_KEYS_PER_USER)
    id = unique_id("APKA")
    row = tx.insert(
        SSH_PUBLIC_KEY, call.account, id, SshPublicKey(ssh, fingerprint), id=id, parent=who.id, created=call.now
    )
    return {"SSHPublicKey": _full(who, row, "SSH")}


@operation("iam", "GetSSHPublicKey", access="read")
def get_ssh_public_key(call: Call, reader: Reader) -> dict[str, Any]:
    who, row = _named(call, reader)
    return {"SSHPublicKey": _full(who, row, call.params["Encoding"])}


@operation("iam", "ListSSHPublicKeys", access="read")
def list_ssh_public_keys(call: Call, reader: Reader) -> dict[str, Any]:
    who = subject(call, reader)
    rows, end = page(call, reader, SSH_PUBLIC_KEY, parent=who.id)
    return {"SSHPublicKeys": [_brief(who, row) for row in rows], **end}


@operation("iam", "UpdateSSHPublicKey", access="write")
def update_ssh_public_key(call: Call, tx: Transaction) -> None:
    _, row = _named(call, tx)
    status = call.params["Status"]
    if status == "Expired":
        raise AwsError("InvalidInput", "The status of an SSH public key can be set to Active or Inactive only.")
    tx.update(row, msgspec.structs.replace(row.body, status=status), updated=call.now)


@operation("iam", "DeleteSSHPublicKey", access="write")
def delete_ssh_public_key(call: Call, tx: Transaction) -> None:
    tx.delete(_named(call, tx)[1])
