"""DeriveSharedSecret, Encapsulate, Decapsulate."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.keys.specs import ENCAPSULATE_DECAPSULATE, KEY_AGREEMENT
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.use import engine_key, refuse_recipient, stop_if_dry, use, used
from garrison.store import Reader


@kms_operation("DeriveSharedSecret", access="read")
def derive_shared_secret(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    refuse_recipient(call)
    algorithm = params["KeyAgreementAlgorithm"]
    row, arn = use(call, reader, params["KeyId"], KEY_AGREEMENT, algorithm)
    secret = call.runtime.keys.shared_secret(engine_key(call, reader, row), params["PublicKey"], algorithm)
    stop_if_dry(call)
    output = {
        "KeyId": arn,
        "SharedSecret": secret,
        "KeyAgreementAlgorithm": algorithm,
        "KeyOrigin": row.body.origin,
    }
    return used(call, row, output)


@kms_operation("Encapsulate", access="read")
def encapsulate(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    algorithm = params["EncapsulationAlgorithm"]
    row, arn = use(call, reader, params["KeyId"], ENCAPSULATE_DECAPSULATE, algorithm)
    key = engine_key(call, reader, row)
    stop_if_dry(call)
    secret, ciphertext = call.runtime.keys.encapsulate(key, algorithm)
    output = {
        "KeyId": arn,
        "SharedSecret": secret,
        "SharedSecretCiphertextBlob": ciphertext,
        "EncapsulationAlgorithm": algorithm,
    }
    return used(call, row, output)


@kms_operation("Decapsulate", access="read")
def decapsulate(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    algorithm = params["EncapsulationAlgorithm"]
    row, arn = use(call, reader, params["KeyId"], ENCAPSULATE_DECAPSULATE, algorithm)
    key = engine_key(call, reader, row)
    secret = call.runtime.keys.decapsulate(key, params["SharedSecretCiphertextBlob"], algorithm)
    stop_if_dry(call)
    return used(call, row, {"KeyId": arn, "SharedSecret": secret, "EncapsulationAlgorithm": algorithm})
