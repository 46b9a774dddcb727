"""Exported findings under the KMS key of their destination. GuardDuty itself asks KMS for the data key, so that the
key's policy decides."""

from __future__ import annotations

from garrison.access.caller import Caller, Session
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.principal import Service
from garrison.services import sealing
from garrison.services.guardduty.detectors import SERVICE
from garrison.services.within import perform


class Unsealable(Exception):
    """The key is not there, or does not let GuardDuty use it; the message says which."""


def data_key(runtime: Runtime, key: str, source: str, context: dict[str, str]) -> tuple[bytes, bytes]:
    """(plaintext, ciphertext) of a data key, asked for by GuardDuty for the resource `source`. Raises `Unsealable`."""
    arn, whose = Arn.parse(key), Arn.parse(source)
    if arn is None or arn.service != "kms" or whose is None:
        raise Unsealable(f"{key} is not the ARN of a KMS key")
    now = runtime.clock.now()
    told: dict[str, str | tuple[str, ...]] = {"aws:sourceaccount": whose.account, "aws:sourcearn": source}
    caller = Caller(Service(SERVICE), session=Session("service", now, now + 60, context=told))
    params = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
    try:
        made = perform(runtime, "kms", "GenerateDataKey", params, caller=caller, account=arn.account, region=arn.region)
    except (AwsError, KeyError) as e:
        raise Unsealable(str(e)) from None
    return made["Plaintext"], made["CiphertextBlob"]


def sealed(runtime: Runtime, data: bytes, *, key: str, source: str, object_arn: str) -> bytes:
    """Data as it is kept. Raises `Unsealable`."""
    context = {"aws:s3:arn": object_arn}
    plain, blob = data_key(runtime, key, source, context)
    return sealing.sealed(data, plain=plain, blob=blob, key=key, context=context)
