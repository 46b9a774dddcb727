"""Data keys, data key pairs, random bytes."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.keys.specs import ENCRYPT_DECRYPT, SLOW_SPECS, SPECS, SYMMETRIC_DEFAULT
from garrison.services.kms import custom_keys
from garrison.services.kms.answers import Later, kms_operation
from garrison.services.kms.errors import error, unsupported_origin, validation
from garrison.services.kms.resources import AWS_KMS, EXTERNAL, EXTERNAL_KEY_STORE
from garrison.services.kms.use import engine_key, refuse_recipient, stop_if_dry, use, used
from garrison.store import Reader

_SIZES = {"AES_128": 16, "AES_256": 32}


@kms_operation("GenerateDataKey", access="read")
def generate_data_key(call: Call, reader: Reader) -> dict[str, Any] | Later:
    return _data_key(call, reader, plaintext=True)


@kms_operation("GenerateDataKeyWithoutPlaintext", access="read")
def generate_data_key_without_plaintext(call: Call, reader: Reader) -> dict[str, Any] | Later:
    return _data_key(call, reader, plaintext=False)


def _data_key(call: Call, reader: Reader, *, plaintext: bool) -> dict[str, Any] | Later:
    params = call.params
    refuse_recipient(call)
    row, arn = use(call, reader, params["KeyId"], ENCRYPT_DECRYPT, SYMMETRIC_DEFAULT)
    size = _SIZES[params["KeySpec"]] if "KeySpec" in params else params.get("NumberOfBytes")
    if size is None or ("KeySpec" in params and "NumberOfBytes" in params):
        raise validation("Please specify either number of bytes or key spec.")
    key = engine_key(call, reader, row)
    stop_if_dry(call)
    context = params.get("EncryptionContext")
    secret = call.runtime.keys.random(size)
    blob = call.runtime.keys.encrypt(key, secret, context)
    external = row.body.origin == EXTERNAL_KEY_STORE

    def answer(blob: bytes) -> dict[str, Any]:
        output: dict[str, Any] = {"CiphertextBlob": blob, "KeyId": arn}
        if plaintext:
            output["Plaintext"] = secret
        if not external:
            output["KeyMaterialId"] = call.noted["keyMaterialId"] = key.material.id
        return used(call, row, output)

    if external:
        outer = custom_keys.encrypting(call, reader, row, context)
        return Later(lambda: answer(outer(blob)))
    return answer(blob)


@kms_operation("GenerateDataKeyPair", access="read")
def generate_data_key_pair(call: Call, reader: Reader) -> dict[str, Any] | Later:
    return _pair(call, reader, plaintext=True)


@kms_operation("GenerateDataKeyPairWithoutPlaintext", access="read")
def generate_data_key_pair_without_plaintext(call: Call, reader: Reader) -> dict[str, Any] | Later:
    return _pair(call, reader, plaintext=False)


def _pair(call: Call, reader: Reader, *, plaintext: bool) -> dict[str, Any] | Later:
    params = call.params
    refuse_recipient(call)
    spec = params["KeyPairSpec"]
    row, arn = use(call, reader, params["KeyId"], ENCRYPT_DECRYPT, SYMMETRIC_DEFAULT)
    if row.body.origin not in (AWS_KMS, EXTERNAL):
        raise unsupported_origin(arn, row.body.origin)
    if spec not in SPECS or not SPECS[spec].pair:
        raise error("UnsupportedOperation", f"KeyPairSpec {spec} is not supported in this Region.")
    key = engine_key(call, reader, row)
    stop_if_dry(call)

    def answer() -> dict[str, Any]:
        pair = call.runtime.keys.new_pair(spec)
        output: dict[str, Any] = {
            "PrivateKeyCiphertextBlob": call.runtime.keys.encrypt(key, pair.private, params.get("EncryptionContext")),
            "PublicKey": pair.public,
            "KeyId": arn,
            "KeyPairSpec": spec,
            "KeyMaterialId": key.material.id,
        }
        call.noted["keyMaterialId"] = key.material.id
        if plaintext:
            output["PrivateKeyPlaintext"] = pair.private
        return used(call, row, output)

    return Later(answer) if spec in SLOW_SPECS else answer()


@kms_operation("GenerateRandom", access="read")
def generate_random(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    refuse_recipient(call)
    if params.get("NumberOfBytes") is None:
        raise validation("NumberOfBytes is required.")
    if "CustomKeyStoreId" in params:
        custom_keys.refuse_random(call, reader, params["CustomKeyStoreId"])
    return {"Plaintext": call.runtime.keys.random(params["NumberOfBytes"])}
