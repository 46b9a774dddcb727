"""Encrypt, Decrypt, ReEncrypt."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.keys.blob import read_header
from garrison.keys.specs import ENCRYPT_DECRYPT, SYMMETRIC_DEFAULT
from garrison.services.kms import custom_keys
from garrison.services.kms.answers import Later, kms_operation
from garrison.services.kms.errors import error, incorrect_key, validation
from garrison.services.kms.located import key_named, key_of_ciphertext
from garrison.services.kms.resources import EXTERNAL_KEY_STORE, Key
from garrison.services.kms.use import Used, admitted, engine_key, refuse_recipient, stop_if_dry, use, used
from garrison.store import Reader, Resource

_IGNORE = "IGNORE_CIPHERTEXT"


@kms_operation("Encrypt", access="read")
def encrypt(call: Call, reader: Reader) -> dict[str, Any] | Later:
    params = call.params
    algorithm = params.get("EncryptionAlgorithm", SYMMETRIC_DEFAULT)
    row, arn = use(call, reader, params["KeyId"], ENCRYPT_DECRYPT, algorithm)
    key = engine_key(call, reader, row)
    blob = call.runtime.keys.encrypt(key, params["Plaintext"], params.get("EncryptionContext"), algorithm=algorithm)
    stop_if_dry(call)
    if row.body.origin == EXTERNAL_KEY_STORE:
        outer = custom_keys.encrypting(call, reader, row, params.get("EncryptionContext"))
        return Later(lambda: _encrypted(call, row, arn, outer(blob), algorithm))
    return _encrypted(call, row, arn, blob, algorithm)


def _encrypted(call: Call, row: Resource[Key], arn: str, blob: bytes, algorithm: str) -> dict[str, Any]:
    call.noted |= _material(row)
    return used(call, row, {"CiphertextBlob": blob, "KeyId": arn, "EncryptionAlgorithm": algorithm})


def _material(row: Resource[Key]) -> dict[str, str]:
    current = row.body.current
    return {} if current is None or row.body.spec != SYMMETRIC_DEFAULT else {"keyMaterialId": current.id}


@kms_operation("Decrypt", access="read")
def decrypt(call: Call, reader: Reader) -> dict[str, Any] | Later:
    params = call.params
    refuse_recipient(call)
    algorithm = params.get("EncryptionAlgorithm", SYMMETRIC_DEFAULT)
    row, arn = _source(call, reader, params.get("KeyId"), algorithm)
    if _ignored(call):
        stop_if_dry(call)
    opening = _open(call, reader, row, params.get("EncryptionContext"), algorithm)

    def answer(plaintext: bytes, material: str | None) -> dict[str, Any]:
        output: dict[str, Any] = {"KeyId": arn, "Plaintext": plaintext, "EncryptionAlgorithm": algorithm}
        if material is not None:
            output["KeyMaterialId"] = material
            call.noted["keyMaterialId"] = material
        stop_if_dry(call)
        return used(call, row, output)

    if isinstance(opening, Later):
        later = opening
        return Later(lambda: answer(**later.work()))
    return answer(**opening)


def _source(call: Call, reader: Reader, named: str | None, algorithm: str) -> Used:
    """The key to decrypt with: the one named, or the one the ciphertext names."""
    params = call.params
    blob = params.get("CiphertextBlob")
    ignored = _ignored(call)
    if named is None:
        if ignored or blob is None:
            raise validation("KeyId is required when the ciphertext is ignored.")  # the text is a guess
        return admitted(call, reader, key_of_ciphertext(call, reader, blob), ENCRYPT_DECRYPT, algorithm)
    row = key_named(call, reader, named)
    if not ignored and blob is None:
        raise validation("CiphertextBlob is required.")  # the text is a guess
    found = admitted(call, reader, row, ENCRYPT_DECRYPT, algorithm)
    if algorithm == SYMMETRIC_DEFAULT and blob is not None and not ignored:
        _check_made_by(call, reader, row, blob)
    return found


def _ignored(call: Call) -> bool:
    """Whether the call only asks for authorization, so that there need be no ciphertext."""
    return bool(call.params.get("DryRun")) and _IGNORE in call.params.get("DryRunModifiers", ())


def _check_made_by(call: Call, reader: Reader, row: Resource[Key], blob: bytes) -> None:
    """Raise `IncorrectKeyException` for the ciphertext of another key."""
    material = read_header(blob).material_id
    if any(one.id == material for one in row.body.materials):
        return
    if key_of_ciphertext(call, reader, blob).id != row.id:
        raise incorrect_key()


def _open(
    call: Call, reader: Reader, row: Resource[Key], context: dict[str, str] | None, algorithm: str
) -> dict[str, Any] | Later:
    """`plaintext` and `material` (its id, of symmetric keys) of the call's ciphertext."""
    blob = call.params["CiphertextBlob"]
    engine = call.runtime.keys
    if algorithm != SYMMETRIC_DEFAULT:
        plaintext = engine.decrypt(engine_key(call, reader, row), blob, context, algorithm=algorithm)
        return {"plaintext": plaintext, "material": None}
    material_id = read_header(blob).material_id
    material = next((one for one in row.body.materials if one.id == material_id), None)
    if material is None or material.sealed is None:
        raise error("InvalidCiphertext")
    key = engine_key(call, reader, row, material)
    if row.body.origin == EXTERNAL_KEY_STORE:
        outer = custom_keys.decrypting(call, reader, row, context)
        return Later(lambda: {"plaintext": engine.decrypt(key, outer(blob), context), "material": None})
    return {"plaintext": engine.decrypt(key, blob, context), "material": material_id}


@kms_operation("ReEncrypt", access="read")
def re_encrypt(call: Call, reader: Reader) -> dict[str, Any] | Later:
    params = call.params
    source_algorithm = params.get("SourceEncryptionAlgorithm", SYMMETRIC_DEFAULT)
    algorithm = params.get("DestinationEncryptionAlgorithm", SYMMETRIC_DEFAULT)
    source, source_arn = _source(call, reader, params.get("SourceKeyId"), source_algorithm)
    row, arn = use(call, reader, params["DestinationKeyId"], ENCRYPT_DECRYPT, algorithm)
    if _ignored(call):
        stop_if_dry(call)
    context = params.get("DestinationEncryptionContext")
    key = engine_key(call, reader, row)
    external = row.body.origin == EXTERNAL_KEY_STORE
    outer = custom_keys.encrypting(call, reader, row, context) if external else None

    def answer(plaintext: bytes, material: str | None) -> dict[str, Any]:
        blob = call.runtime.keys.encrypt(key, plaintext, context, algorithm=algorithm)
        stop_if_dry(call)
        output: dict[str, Any] = {
            "CiphertextBlob": blob if outer is None else outer(blob),
            "SourceKeyId": source_arn,
            "KeyId": arn,
            "SourceEncryptionAlgorithm": source_algorithm,
            "DestinationEncryptionAlgorithm": algorithm,
        }
        if material is not None:
            output["SourceKeyMaterialId"] = material
            call.noted["sourceKeyMaterialId"] = material
        if (current := _material(row)) and not external:
            output["DestinationKeyMaterialId"] = current["keyMaterialId"]
            call.noted["destinationKeyMaterialId"] = current["keyMaterialId"]
        used(call, source, output)
        return used(call, row, output)

    opening = _open(call, reader, source, params.get("SourceEncryptionContext"), source_algorithm)
    if isinstance(opening, Later):
        later = opening
        return Later(lambda: answer(**later.work()))
    if external:
        opened = opening
        return Later(lambda: answer(**opened))
    return answer(**opening)
