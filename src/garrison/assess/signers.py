"""The keys that seal evidence: one of KMS, or, where there is no KMS, one of the data directory's own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from garrison.checks.api import NotRead
from garrison.checks.probe import Answer
from garrison.evidence.signing import ECDSA_SHA_256, ED25519, Signer
from garrison.store.files import private_directory, write_private

ALIAS = "alias/garrison/evidence"
Call = Callable[[str, Mapping[str, Any]], Answer]
"""`call(operation, params)` of KMS, in the account that keeps the key."""


class NoSigner(Exception):
    """There is no key to sign with. The text says why."""


class LocalSigner:
    """An Ed25519 key in a file of the data directory that only its owner can read."""

    algorithm = ED25519

    def __init__(self, data: Path) -> None:
        """Open the key, made if there is none. Raises `NoSigner`."""
        self.name = "the data directory's own key"
        path = data / "evidence-key.pem"
        try:
            private_directory(data)
            if not path.exists():
                made = Ed25519PrivateKey.generate()
                write_private(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            key = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError, OSError) as e:
            raise NoSigner(f"the key that seals evidence cannot be opened in {data}: {e}") from e
        if not isinstance(key, Ed25519PrivateKey):
            raise NoSigner(f"{path} is no Ed25519 key")
        self._key = key

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class KmsSigner:
    """A key of KMS that never leaves it: `alias/garrison/evidence`, made on first use."""

    algorithm = ECDSA_SHA_256

    def __init__(self, call: Call) -> None:
        """Find the key, or make it. Raises `NoSigner`."""
        self._call = call
        described = call("DescribeKey", {"KeyId": ALIAS})
        if described.code == "NotFoundException":
            made = self._do(
                "CreateKey",
                KeySpec="ECC_NIST_P256",
                KeyUsage="SIGN_VERIFY",
                Description="Seals the evidence of garrison assess",
            )
            self.name = str(made["KeyMetadata"]["Arn"])
            self._do("CreateAlias", AliasName=ALIAS, TargetKeyId=made["KeyMetadata"]["KeyId"])
        elif described.ok:
            self.name = str(described.output["KeyMetadata"]["Arn"])
        else:
            raise NoSigner(f"kms:DescribeKey: {described.code}: {described.message}")
        self.public_key = base64.b64decode(self._do("GetPublicKey", KeyId=self.name)["PublicKey"])

    def _do(self, operation: str, **params: Any) -> dict[str, Any]:
        answer = self._call(operation, params)
        if not answer.ok:
            raise NoSigner(f"kms:{operation}: {answer.code}: {answer.message}")
        return answer.output

    def sign(self, message: bytes) -> bytes:
        signed = self._do(
            "Sign",
            KeyId=self.name,
            Message=hashlib.sha256(message).digest(),
            MessageType="DIGEST",
            SigningAlgorithm=self.algorithm,
        )
        return base64.b64decode(signed["Signature"])


def signer_of(data: Path, kms: Call | None) -> Signer:
    """KMS's key where KMS can be had, the data directory's own otherwise. Raises `NoSigner`."""
    if kms is not None:
        try:
            return KmsSigner(kms)
        except (NoSigner, NotRead):
            pass
    return LocalSigner(data)
