"""Who signs, and whether a signature is theirs."""

from __future__ import annotations

import hashlib
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

ED25519 = "ED25519"
ECDSA_SHA_256 = "ECDSA_SHA_256"
"""KMS's name for ECDSA on a NIST P-256 key with SHA-256."""


class Signer(Protocol):
    """Signs a run. Where the private key is, is the signer's affair."""

    @property
    def name(self) -> str:
        """What people call the key: the ARN of a KMS key, or where the file lies."""
        ...

    @property
    def algorithm(self) -> str:
        """`ED25519` or `ECDSA_SHA_256`."""
        ...

    @property
    def public_key(self) -> bytes:
        """The public key, as DER SubjectPublicKeyInfo."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over `message` (not over its hash)."""
        ...


class BadKey(ValueError):
    """Not a public key that verifies such signatures."""


def fingerprint(public_key: bytes) -> str:
    """What names a key in records: the SHA-256 of its DER form, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def pem(public_key: bytes) -> bytes:
    """A DER public key in PEM form."""
    return load_der_public_key(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def der(pem_text: bytes) -> bytes:
    """A PEM public key in DER form. Raises `BadKey`."""
    try:
        return load_pem_public_key(pem_text).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as e:
        raise BadKey(f"not a public key in PEM form: {e}") from e


def signed_by(public_key: bytes, algorithm: str, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made with the key. Raises `BadKey` if it is a key of another kind."""
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as e:
        raise BadKey(str(e)) from e
    try:
        if algorithm == ED25519 and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        elif algorithm == ECDSA_SHA_256 and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(SHA256()))
        else:
            raise BadKey(f"{algorithm} is no algorithm of this key")
    except InvalidSignature:
        return False
    return True
