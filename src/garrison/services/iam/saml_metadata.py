"""What IAM reads of a SAML provider's metadata document: who it is, how it signs, how long it holds."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from garrison.access.saml_xml import DS, MD, NotXml, read_xml, text_of
from garrison.aws.errors import AwsError


class Metadata(msgspec.Struct, frozen=True):
    """The part of an EntityDescriptor that matters here."""

    entity_id: str
    certificates: tuple[bytes, ...]
    """Signing certificates (DER)."""
    valid_until: float | None


def _refused(why: str) -> AwsError:
    # AWS says no more than the first sentence (IAM user guide, "Troubleshoot SAML federation").
    return AwsError("InvalidInput", f"Could not parse metadata. {why}")


def read_metadata(document: str) -> Metadata:
    """Raises `InvalidInput` for anything that is not the metadata of one identity provider that signs."""
    try:
        root = read_xml(document.encode())
    except NotXml:
        raise _refused("It is not an XML document without a document type declaration.") from None
    if root.tag != f"{MD}EntityDescriptor" or not root.get("entityID"):
        raise _refused("Its root must be an EntityDescriptor with an entityID.")
    descriptor = root.find(f"{MD}IDPSSODescriptor")
    if descriptor is None:
        raise _refused("It has no IDPSSODescriptor.")
    certificates: list[bytes] = []
    for key in descriptor.findall(f"{MD}KeyDescriptor"):
        if key.get("use", "signing") == "signing":
            certificates += (_certificate(text_of(node)) for node in key.iter(f"{DS}X509Certificate"))
    if not certificates:
        raise _refused("It has no certificate for signing.")
    until = [_time(text) for text in (root.get("validUntil"), descriptor.get("validUntil")) if text is not None]
    return Metadata(root.get("entityID", ""), tuple(dict.fromkeys(certificates)), min(until, default=None))


def _certificate(text: str | None) -> bytes:
    try:
        der = base64.b64decode("".join((text or "").split()), validate=True)
        return x509.load_der_x509_certificate(der).public_bytes(Encoding.DER)
    except (binascii.Error, ValueError):
        raise _refused("A certificate in it cannot be read.") from None


def _time(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _refused("Its validUntil is no time.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
