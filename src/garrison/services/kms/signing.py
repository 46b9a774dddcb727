"""Sign, Verify, GenerateMac, VerifyMac, GetPublicKey."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.keys.specs import GENERATE_VERIFY_MAC, SIGN_VERIFY, SPECS
from garrison.services.kms.answers import Later, kms_operation
from garrison.services.kms.errors import error
from garrison.services.kms.located import key_named
from garrison.services.kms.metadata import MEMBER_OF_USAGE
from garrison.services.kms.use import admitted, engine_key, stop_if_dry, use, used
from garrison.store import Reader

_SLOW = frozenset({"RSA_3072", "RSA_4096"})
"""A signature takes milliseconds: on a pool thread it does not hold up other calls."""


@kms_operation("Sign", access="read")
def sign(call: Call, reader: Reader) -> dict[str, Any] | Later:
    params = call.params
    algorithm = params["SigningAlgorithm"]
    row, arn = use(call, reader, params["KeyId"], SIGN_VERIFY, algorithm)
    key = engine_key(call, reader, row)

    def answer() -> dict[str, Any]:
        signature = call.runtime.keys.sign(key, algorithm, params["Message"], params.get("MessageType", "RAW"))
        stop_if_dry(call)
        return used(call, row, {"KeyId": arn, "Signature": signature, "SigningAlgorithm": algorithm})

    return Later(answer) if row.body.spec in _SLOW else answer()


@kms_operation("Verify", access="read")
def verify(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    algorithm = params["SigningAlgorithm"]
    row, arn = use(call, reader, params["KeyId"], SIGN_VERIFY, algorithm)
    key = engine_key(call, reader, row)
    message, signature = params["Message"], params["Signature"]
    call.runtime.keys.verify(key, algorithm, message, signature, params.get("MessageType", "RAW"))
    stop_if_dry(call)
    return used(call, row, {"KeyId": arn, "SignatureValid": True, "SigningAlgorithm": algorithm})


@kms_operation("GenerateMac", access="read")
def generate_mac(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    algorithm = params["MacAlgorithm"]
    row, arn = use(call, reader, params["KeyId"], GENERATE_VERIFY_MAC, algorithm)
    mac = call.runtime.keys.mac(engine_key(call, reader, row), algorithm, params["Message"])
    stop_if_dry(call)
    return used(call, row, {"KeyId": arn, "Mac": mac, "MacAlgorithm": algorithm})


@kms_operation("VerifyMac", access="read")
def verify_mac(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    algorithm = params["MacAlgorithm"]
    row, arn = use(call, reader, params["KeyId"], GENERATE_VERIFY_MAC, algorithm)
    call.runtime.keys.verify_mac(engine_key(call, reader, row), algorithm, params["Message"], params["Mac"])
    stop_if_dry(call)
    return used(call, row, {"KeyId": arn, "MacValid": True, "MacAlgorithm": algorithm})


@kms_operation("GetPublicKey", access="read")
def get_public_key(call: Call, reader: Reader) -> dict[str, Any]:
    row = key_named(call, reader, call.params["KeyId"])
    body = row.body
    spec = SPECS[body.spec]
    _, arn = admitted(call, reader, row, body.usage)
    if not spec.asymmetric:
        raise error("UnsupportedOperation", f"{arn} key spec is {body.spec} which is not valid for this operation.")
    return {
        "KeyId": arn,
        "PublicKey": call.runtime.keys.public_key(engine_key(call, reader, row)),
        "CustomerMasterKeySpec": body.spec,
        "KeySpec": body.spec,
        "KeyUsage": body.usage,
        MEMBER_OF_USAGE[body.usage]: list(spec.usages[body.usage]),
    }
