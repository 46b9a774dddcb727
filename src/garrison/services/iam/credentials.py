"""What users and accounts keep besides passwords, access keys and MFA devices: certificates, SSH keys, credentials.

Everything but server certificates has its user's id as row parent, so that a user who still owns one is easily told.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.services.iam.errors import must_first
from garrison.store import Kind, Reader


class ServerCertificate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A server certificate; row id is the ASCA id."""

    body: str
    """PEM, as given."""
    sealed_key: bytes
    """Opened with `seal.open("server-certificate", sealed_key, id)`: the private key's PEM as given."""
    expires: float
    chain: str | None = None
    path: str = "/"
    tags: dict[str, str] = {}


class SigningCertificate(msgspec.Struct, frozen=True, omit_defaults=True):
    """An X.509 signing certificate; row name and id are the certificate id, row parent the user id."""

    body: str
    fingerprint: str
    """SHA-256 of the DER form, hex: no account has the same certificate twice."""
    status: str = "Active"
    status_changed: float | None = None


class SshPublicKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """An SSH public key; row name and id are the APKA id, row parent the user id."""

    ssh: str
    """`ssh-rsa AAAA... comment`"""
    fingerprint: str
    """MD5 of the key's wire form, as `12:34:...`."""
    status: str = "Active"


class ServiceSpecificCredential(msgspec.Struct, frozen=True, omit_defaults=True):
    """A user name and password for one service; row name and id are the ACCA id, row parent the user id."""

    service: str
    user_name: str
    sealed_password: bytes
    """Opened with `seal.open("service-credential", sealed_password, id)`."""
    status: str = "Active"
    expires: float | None = None


SERVER_CERTIFICATE = Kind("iam.server-certificate", ServerCertificate, fold=str.lower)
SIGNING_CERTIFICATE = Kind("iam.signing-certificate", SigningCertificate)
SSH_PUBLIC_KEY = Kind("iam.ssh-public-key", SshPublicKey)
SERVICE_CREDENTIAL = Kind("iam.service-credential", ServiceSpecificCredential)


def refuse_if_any(reader: Reader, account: str, user_id: str) -> None:
    """Raises `DeleteConflict` for a user who still has one of these. Texts follow the pattern of those known."""
    kinds: tuple[tuple[Kind[Any], str], ...] = (
        (SIGNING_CERTIFICATE, "delete signing certificates"),
        (SSH_PUBLIC_KEY, "delete SSH public keys"),
        (SERVICE_CREDENTIAL, "delete service specific credentials"),
    )
    for kind, step in kinds:
        if reader.count(kind, account, parent=user_id):
            raise must_first(step)
