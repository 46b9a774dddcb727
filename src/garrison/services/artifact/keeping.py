"""Documents of reports: sealed under a KMS key of the publisher's where one is named, opened when they are fetched.

Artifact asks KMS in the name of whoever publishes (`kms:GenerateDataKey`) or wants the report (`kms:Decrypt`), as S3
does for objects under a key: the caller needs these permissions too, and `kms:ViaService` is
`artifact.REGION.amazonaws.com`. Who was let in has a link for five minutes; the key is asked again when it is followed,
so a key that is disabled by then opens nothing. (AWS keeps its reports itself, and asks for no key.)
"""

from __future__ import annotations

from typing import NoReturn

from garrison.access import downloads
from garrison.access.call import Call
from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.principal import Service
from garrison.services import sealing
from garrison.services.artifact import content
from garrison.services.artifact.errors import conflict, invalid
from garrison.services.within import perform

_SERVICE = "artifact.amazonaws.com"


def sealed(call: Call, document: bytes, key: str, report: str) -> tuple[bytes, str]:
    """A report's document under a key, and the key's ARN. Blocks. Raises `AccessDeniedException`, and
    `ValidationException` for a key that cannot be used."""
    context = {"aws:artifact:report": report}
    params = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
    arn = Arn.parse(key)
    try:
        made = perform(
            call.runtime, "kms", "GenerateDataKey", params, caller=call.caller, account=call.account,
            region=arn.region if arn is not None else call.region, via=f"artifact.{call.region}.amazonaws.com",
        )  # fmt: skip
    except AwsError as e:
        if e.code.startswith("AccessDenied"):
            raise AwsError("AccessDeniedException", e.message, status=403) from e
        raise invalid(f"The KMS key cannot be used: {e.message or e.code}", "kmsKeyId") from e
    found = sealing.sealed(
        document, plain=made["Plaintext"], blob=made["CiphertextBlob"], key=made["KeyId"], context=context
    )
    return found, str(made["KeyId"])


def admit(call: Call, place: str) -> None:
    """Ask KMS whether the caller may have a document that is under a key. Blocks. Raises `AccessDeniedException`, and
    `ConflictException` for a key that opens nothing now."""
    data = content.read(call.runtime, place)
    if data is None or not data.startswith(sealing.MAGIC):
        return
    params = sealing.asked(data)
    arn = Arn.parse(params["KeyId"])
    assert arn is not None
    try:
        perform(
            call.runtime, "kms", "Decrypt", params, caller=call.caller, account=call.account, region=arn.region,
            via=f"artifact.{call.region}.amazonaws.com",
        )  # fmt: skip
    except AwsError as e:
        _refuse(e, params["KeyId"])


def _refuse(e: AwsError, key: str) -> NoReturn:
    if e.code.startswith("AccessDenied"):
        raise AwsError("AccessDeniedException", e.message, status=403) from e
    raise conflict(f"The report is under a KMS key that cannot open it: {e.message or e.code}", "kms-key", key) from e


def read(runtime: Runtime, place: str) -> bytes | None:
    """A document whose reader was admitted; None if there is none. Blocks. Raises `downloads.Unavailable` for one whose
    key opens nothing now."""
    data = content.read(runtime, place)
    if data is None or not data.startswith(sealing.MAGIC):
        return data
    params = sealing.asked(data)
    arn = Arn.parse(params["KeyId"])
    assert arn is not None
    try:
        made = perform(
            runtime, "kms", "Decrypt", params, caller=Caller(Service(_SERVICE)), account=arn.account,
            region=arn.region, authorized=True,
        )  # fmt: skip
    except AwsError as e:
        raise downloads.Unavailable(f"The document cannot be opened: {e.message or e.code}") from e
    return sealing.opened(data, made["Plaintext"])
