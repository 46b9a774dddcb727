"""Operations of KMS, registered so that what the key engine refuses is said in AWS's words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.keys import errors as engine
from garrison.services.kms.errors import error, incompatible_algorithm, validation
from garrison.services.operation import Output, Prepare, operation

_log = logging.getLogger("garrison.kms")

_EMPTY = {
    engine.InvalidCiphertext: "InvalidCiphertext",
    engine.InvalidSignature: "KMSInvalidSignature",
    engine.InvalidMac: "KMSInvalidMac",
    engine.InvalidPublicKey: "Validation",
    engine.IncorrectKeyMaterial: "IncorrectKeyMaterial",
    engine.InvalidImportToken: "InvalidImportToken",
    engine.ExpiredImportToken: "ExpiredImportToken",
}
"""Errors that AWS gives no message with (or none that is known)."""


def worded(refused: engine.EngineError) -> AwsError:
    """A refusal of the key engine as AWS says it."""
    match refused:
        case engine.Sealed():
            return AwsError(
                "KeyUnavailableException", "The request was rejected because the key is sealed.", status=500
            )
        case engine.Tampered():
            _log.error("a row of the key tables is not as it was written: %s", refused.what)
            return AwsError(
                "KMSInternalException", "The request was rejected because of an internal error.", status=500
            )
        case engine.UnsupportedSpec():
            return error("UnsupportedOperation", f"KeySpec {refused.spec} is not supported in this Region.")
        case engine.WrongAlgorithm():
            return incompatible_algorithm(refused.algorithm, refused.spec)
        case engine.WrongUsage():
            return error("InvalidKeyUsage", f"Key usage {refused.usage} is not valid for this operation.")
        case engine.WrongDigestLength():
            return validation(f"Digest is invalid length for algorithm {refused.algorithm}.")
        case engine.TooLong():
            return validation(
                f"Algorithm {refused.algorithm} and key spec {refused.spec} cannot encrypt data larger than "
                f"{refused.limit} bytes."
            )
        case engine.WrongMessageType():  # the texts of these three are guesses
            return validation(f"MessageType {refused.message_type} is not valid for algorithm {refused.algorithm}.")
        case engine.ContextNotAllowed():
            return validation("EncryptionContext is not supported with asymmetric encryption algorithms.")
        case engine.WrappingNotAllowed():
            return error(
                "UnsupportedOperation",
                f"Wrapping algorithm {refused.algorithm} with {refused.wrapping_spec} is not supported for key spec "
                f"{refused.spec}.",
            )
    return error(_EMPTY.get(type(refused), "KMSInternal"))


@dataclass(slots=True, frozen=True)
class Later:
    """What an operation that reads returns when it found slow work to do; see `Call.later`."""

    work: Callable[[], dict[str, Any]]


Function = Callable[[Call, Any], dict[str, Any] | Later | None]


def kms_operation(
    name: str, *, access: Literal["read", "write"], prepare: Prepare | None = None
) -> Callable[[Function], Function]:
    """Register an operation of KMS, as `services.operation.operation` does."""

    def register(function: Function) -> Function:
        def answered(call: Call, tx: Any) -> Output:
            try:
                output = function(call, tx)
            except engine.EngineError as e:
                raise worded(e) from e
            if isinstance(output, Later):
                later = output
                call.later = lambda: _worded_later(later)
                return None
            return output

        prepared = None if prepare is None else _worded_prepare(prepare)
        operation("kms", name, access=access, prepare=prepared)(answered)
        return function

    return register


def _worded_later(later: Later) -> Output:
    try:
        return later.work()
    except engine.EngineError as e:
        raise worded(e) from e


def _worded_prepare(prepare: Prepare) -> Prepare:
    def prepared(call: Call, reader: Any) -> Any:
        try:
            return prepare(call, reader)
        except engine.EngineError as e:
            raise worded(e) from e

    return prepared
