"""Log files under the KMS key of their trail. CloudTrail itself asks KMS for the data key, so that the key's policy
decides. Source: CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail" (encryption context, source)."""

from __future__ import annotations

from typing import Any

from garrison.access.caller import Caller, Session
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.principal import Service
from garrison.services import sealing
from garrison.services.cloudtrail.errors import error
from garrison.services.within import perform

SERVICE = "cloudtrail.amazonaws.com"


def proved(runtime: Runtime, key: str, trail: str, bucket: str) -> str:
    """The ARN of a key that CloudTrail may use for the trail. Raises CloudTrail's errors where it may not."""
    try:
        # Whether it is there is told apart from whether CloudTrail may use it.
        told = _ask(runtime, "DescribeKey", {"KeyId": key}, key, trail, authorized=True)
        found: str = told["KeyMetadata"]["Arn"]
        _data_key(runtime, found, trail, _context(trail, f"arn:aws:s3:::{bucket}/"))
    except KeyError:
        raise error("KmsException", "KMS is not available here.") from None
    except AwsError as e:
        if e.code == "NotFoundException":
            raise error("KmsKeyNotFoundException", f"The KMS key {key} was not found.") from None
        if e.code in ("DisabledException", "KMSInvalidStateException"):
            raise error("KmsKeyDisabledException", f"The KMS key {key} cannot be used as it is now.") from None
        if e.code in ("AccessDenied", "AccessDeniedException"):
            raise error(
                "InsufficientEncryptionPolicyException",
                f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key}.",
            ) from None
        raise error("InvalidKmsKeyIdException", f"The KMS key {key} cannot be used: {e.message}") from None
    return found


def sealed(runtime: Runtime, data: bytes, *, key: str, trail: str, object_arn: str) -> bytes:
    """Data as it is kept. Raises `AwsError`."""
    context = _context(trail, object_arn)
    plain, blob = _data_key(runtime, key, trail, context)
    return sealing.sealed(data, plain=plain, blob=blob, key=key, context=context)


def _context(trail: str, object_arn: str) -> dict[str, str]:
    return {"aws:cloudtrail:arn": trail, "aws:s3:arn": object_arn}


def _data_key(runtime: Runtime, key: str, trail: str, context: dict[str, str]) -> tuple[bytes, bytes]:
    """(plaintext, ciphertext) of a data key."""
    params = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
    made = _ask(runtime, "GenerateDataKey", params, key, trail)
    return made["Plaintext"], made["CiphertextBlob"]


def _ask(
    runtime: Runtime, operation: str, params: dict[str, Any], key: str, trail: str, *, authorized: bool = False
) -> dict[str, Any]:
    """What KMS answers CloudTrail, where the key is: beside the trail, unless its ARN says otherwise."""
    whose = Arn.parse(trail)
    assert whose is not None
    place = Arn.parse(key) or whose
    now = runtime.clock.now()
    told: dict[str, str | tuple[str, ...]] = {"aws:sourceaccount": whose.account, "aws:sourcearn": trail}
    caller = Caller(Service(SERVICE), session=Session("service", now, now + 60, context=told))
    return perform(
        runtime, "kms", operation, params,
        caller=caller, account=place.account, region=place.region, authorized=authorized,
    )  # fmt: skip
