"""Files under a KMS key, as objects with SSE-KMS are at rest. A sealed file is

    GARRISON-SSE-KMS 1\\n
    {"CiphertextBlob": BASE64, "EncryptionContext": {NAME: VALUE}, "KeyId": ARN, "Nonce": BASE64}\\n
    AES-256-GCM ciphertext, the second line being its additional data

so whoever may `kms:Decrypt` the blob under that context can read it, with any client.
"""

from __future__ import annotations

import base64
import os
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"GARRISON-SSE-KMS 1\n"


def sealed(data: bytes, *, plain: bytes, blob: bytes, key: str, context: dict[str, str]) -> bytes:
    """Data as it is kept, under the data key `plain` that KMS gave as `blob` under that context."""
    nonce = os.urandom(12)
    told = {
        "CiphertextBlob": base64.b64encode(blob).decode(),
        "EncryptionContext": context,
        "KeyId": key,
        "Nonce": base64.b64encode(nonce).decode(),
    }
    head = msgspec.json.encode(told)
    return MAGIC + head + b"\n" + AESGCM(plain).encrypt(nonce, data, head)


def asked(data: bytes) -> dict[str, Any]:
    """Parameters of the `kms:Decrypt` that gives a sealed file's data key. Raises `ValueError` for another file."""
    told = head(data)
    return {
        "CiphertextBlob": base64.b64decode(told["CiphertextBlob"]),
        "EncryptionContext": told["EncryptionContext"],
        "KeyId": told["KeyId"],
    }


def opened(data: bytes, plain_key: bytes) -> bytes:
    """The data, with the data key KMS gave for what it `asked`. Raises `ValueError`."""
    line, _, rest = data.removeprefix(MAGIC).partition(b"\n")
    try:
        return AESGCM(plain_key).decrypt(base64.b64decode(head(data)["Nonce"]), rest, line)
    except InvalidTag:
        raise ValueError("The file was changed, or this is not its key") from None


def head(data: bytes) -> dict[str, Any]:
    """What a sealed file says of its key. Raises `ValueError` for another file."""
    if not data.startswith(MAGIC):
        raise ValueError("This is no sealed file")
    told: dict[str, Any] = msgspec.json.decode(data.removeprefix(MAGIC).partition(b"\n")[0])
    return told
