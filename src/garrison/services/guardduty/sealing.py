"""Exported findings under the KMS key of their destination, as objects with SSE-KMS are at rest.

GuardDuty itself asks KMS for the data key, so that the key's policy decides. A sealed file is

    GARRISON-SSE-KMS 1\\n
    {"CiphertextBlob": BASE64, "EncryptionContext": {"aws:s3:arn": ARN}, "KeyId": ARN, "Nonce": BASE64}\\n
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

from garrison.access.authorize import authorize
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller, Session
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.principal import Service
from garrison.services.guardduty.detectors import SERVICE
from garrison.services.operation import OPERATIONS

MAGIC = b"GARRISON-SSE-KMS 1\n"


class Unsealable(Exception):
    """The key is not there, or does not let GuardDuty use it; the message says which."""


def data_key(runtime: Runtime, key: str, source: str, context: dict[str, str]) -> tuple[bytes, bytes]:
    """(plaintext, ciphertext) of a data key, asked for by GuardDuty for the resource `source`. Raises `Unsealable`."""
    arn, whose = Arn.parse(key), Arn.parse(source)
    if arn is None or arn.service != "kms" or whose is None:
        raise Unsealable(f"{key} is not the ARN of a KMS key")
    now = runtime.clock.now()
    told: dict[str, str | tuple[str, ...]] = {"aws:sourceaccount": whose.account, "aws:sourcearn": source}
    call = Call(
        service="kms",
        operation="GenerateDataKey",
        params={"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context},
        caller=Caller(Service(SERVICE), session=Session("service", now, now + 60, context=told)),
        account=arn.account,
        region=arn.region,
        partition=runtime.partition,
        request=HttpRequest("POST", "/", "", (), b"", "127.0.0.1", secure=True),
        request_id="",
        now=now,
        runtime=runtime,
    )
    try:
        with runtime.store.reading() as reader:
            authorize(call, reader)
            if call.let_through is not None:
                raise call.let_through
            output: dict[str, Any] | None = OPERATIONS["kms", "GenerateDataKey"].function(call, reader)
        if call.later is not None:
            output = call.later()
    except (AwsError, KeyError) as e:
        raise Unsealable(str(e)) from None
    assert output is not None
    return output["Plaintext"], output["CiphertextBlob"]


def sealed(runtime: Runtime, data: bytes, *, key: str, source: str, object_arn: str) -> bytes:
    """Data as it is kept. Raises `Unsealable`."""
    context = {"aws:s3:arn": object_arn}
    plain, blob = data_key(runtime, key, source, context)
    nonce = os.urandom(12)
    told = {
        "CiphertextBlob": base64.b64encode(blob).decode(),
        "EncryptionContext": context,
        "KeyId": key,
        "Nonce": base64.b64encode(nonce).decode(),
    }
    head = msgspec.json.encode(told)
    return MAGIC + head + b"\n" + AESGCM(plain).encrypt(nonce, data, head)


def opened(data: bytes, plain_key: bytes) -> bytes:
    """The reverse, with the data key KMS gave for `head(data)`. Raises `ValueError`."""
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
