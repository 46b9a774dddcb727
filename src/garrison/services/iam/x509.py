"""Certificates and keys as they are uploaded: really read, really matched.

Texts of refusals are recalled or guesses; their codes are the modelled ones.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from garrison.aws.errors import AwsError

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_LONGEST_CHAIN = 20


def certificate(text: str) -> x509.Certificate:
    """The one certificate of a PEM text. Raises `MalformedCertificate`."""
    blocks = _BLOCK.findall(text)
    if len(blocks) != 1 or _BLOCK.sub("", text).strip():
        raise AwsError(
            "MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format."
        )
    return _read(blocks[0])


def _read(block: str) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificate(block.encode())
        found.public_key()  # A key of a kind nobody can use makes the certificate useless.
    except (ValueError, UnsupportedAlgorithm, TypeError, x509.InvalidVersion):
        raise AwsError(
            "MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format."
        ) from None
    return found


def check_pair(found: x509.Certificate, private_key: str) -> None:
    """Raises `KeyPairMismatch` unless the (unencrypted, PEM) key is the certificate's."""
    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, UnsupportedAlgorithm):
        raise AwsError(
            "MalformedCertificate", "Unable to parse the private key. Please ensure it is in PEM format."
        ) from None
    except TypeError:
        raise AwsError("MalformedCertificate", "The private key must not be encrypted.") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise AwsError("MalformedCertificate", "The private key must be an RSA or an ECDSA key.")
    forms = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*forms) != found.public_key().public_bytes(*forms):
        raise AwsError("KeyPairMismatch", "The provided private key does not match the certificate's public key.")


def check_chain(found: x509.Certificate, chain: str) -> None:
    """Raises `MalformedCertificate` unless each certificate of the chain issued the one before it."""
    blocks = _BLOCK.findall(chain)
    if not 1 <= len(blocks) <= _LONGEST_CHAIN or _BLOCK.sub("", chain).strip():
        raise AwsError("MalformedCertificate", "Unable to parse the certificate chain.")
    for block in blocks:
        issuer = _read(block)
        try:
            found.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            # The sentence AWS says of a chain that is incomplete or in the wrong order; recalled.
            raise AwsError(
                "MalformedCertificate", "Unable to validate certificate chain. The certificate chain must start with "
                "the immediate signing certificate, followed by any intermediaries in order.",
            ) from None  # fmt: skip
        found = issuer


def expiry(found: x509.Certificate) -> float:
    """When it expires, in seconds since the epoch."""
    return found.not_valid_after_utc.timestamp()


def is_valid_at(found: x509.Certificate, now: float) -> bool:
    """Whether it is in its time."""
    moment = datetime.fromtimestamp(now, UTC)
    return found.not_valid_before_utc <= moment <= found.not_valid_after_utc


def fingerprint(found: x509.Certificate) -> str:
    """SHA-256 of the DER form, hex."""
    return hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest()
