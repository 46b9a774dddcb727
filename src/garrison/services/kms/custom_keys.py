"""Keys in custom key stores: what is asked of the store when such a key is made or used.

What such a key encrypts is encrypted twice: first here, under key material of ours, then behind the proxy; neither side
alone can open it. The second layer takes the place of what the first one made:

    header of the first layer | u8 length, IV | u8 length, tag | u8 length, metadata | ciphertext of the second
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.keys.blob import HEADER_LENGTH
from garrison.keys.context import canonical_context
from garrison.services.kms import xks_proxy
from garrison.services.kms.errors import error, invalid_state
from garrison.services.kms.located import arn_of
from garrison.services.kms.resources import AWS_CLOUDHSM, Key
from garrison.services.kms.rows import checked
from garrison.services.kms.stores import CONNECTED, CUSTOM_KEY_STORE, STORED_IN, XKS_KEYS, CustomKeyStore
from garrison.services.kms.xks_proxy import InvalidAnswer, ProxyRefused, ProxyTimedOut, ProxyUnreachable, Sealed, Where
from garrison.store import AlreadyExists, Reader, Resource, Transaction

_log = logging.getLogger("garrison.kms")

SECRET = "kms/xks-credential/v1"  # noqa: S105 - a purpose, not a secret


def store_named(call: Call, reader: Reader, id: str) -> Resource[CustomKeyStore]:
    """The custom key store with that id. Raises `CustomKeyStoreNotFoundException`."""
    row = reader.by_id(CUSTOM_KEY_STORE, id)
    if row is None or (row.account, row.region) != (call.account, call.region):
        raise error("CustomKeyStoreNotFound")
    return checked(call.runtime, row)


def where(call: Call, store: Resource[CustomKeyStore]) -> Where:
    """The proxy of an external key store, with the credential for it."""
    proxy = store.body.proxy
    assert proxy is not None
    secret = call.runtime.seal.open(SECRET, proxy.sealed_secret, store.id).decode()
    return Where(proxy.endpoint, proxy.path, proxy.access_key_id, secret, store.region)


def look_up(call: Call, reader: Reader, id: str, origin: str, external_id: str | None) -> None:
    """Make sure that a key can be made in a custom key store. Asks its proxy: slow."""
    store = store_named(call, reader, id)
    if (store.body.type == "AWS_CLOUDHSM") != (origin == AWS_CLOUDHSM):
        raise error("UnsupportedOperation", f"Origin {origin} does not fit the type of custom key store {id}.")
    if store.body.state != CONNECTED:
        raise error("CustomKeyStoreInvalidState", f"Custom key store {id} is not connected.")
    assert external_id is not None
    try:
        told = xks_proxy.key_metadata(call.runtime, where(call, store), external_id, _request(call))
    except ProxyRefused as e:
        if e.name == "KeyNotFoundException":
            raise error("XksKeyNotFound") from e
        raise _failed(e) from e
    except (ProxyUnreachable, ProxyTimedOut, InvalidAnswer) as e:
        raise _failed(e) from e
    usage = told["keyUsage"]
    fits = told["keySpec"] == "AES_256" and told["keyStatus"] == "ENABLED" and {"ENCRYPT", "DECRYPT"} <= set(usage)
    if not fits:
        raise error("XksKeyInvalidConfiguration")


def claim(call: Call, tx: Transaction, id: str, external_id: str | None, key_row: str) -> None:
    """Note that a key lives in a store. Raises `XksKeyAlreadyInUseException`."""
    store = store_named(call, tx, id)
    if store.body.state != CONNECTED:
        raise error("CustomKeyStoreInvalidState", f"Custom key store {id} is not connected.")
    tx.link(STORED_IN, call.account, id, key_row)
    try:
        tx.set_lookup(XKS_KEYS, f"{id}|{external_id}", key_row)
    except AlreadyExists:
        raise error("XksKeyAlreadyInUse") from None


def let_go(tx: Transaction, row: Resource[Key]) -> None:
    """A key is gone, and with it its place in its store."""
    if row.body.store is not None:
        tx.unlink(STORED_IN, row.body.store, row.id)
        tx.delete_lookup(XKS_KEYS, f"{row.body.store}|{row.body.external_id}")


def encrypting(
    call: Call, reader: Reader, row: Resource[Key], context: dict[str, str] | None
) -> Callable[[bytes], bytes]:
    """What encrypts a blob a second time, in the key store. Slow."""
    proxy, key, meta = _proxy(call, reader, row)

    def outer(blob: bytes) -> bytes:
        header, inner = blob[:HEADER_LENGTH], blob[HEADER_LENGTH:]
        try:
            sealed = xks_proxy.encrypt(call.runtime, proxy, key, meta, inner, _aad(header, context))
        except (ProxyRefused, ProxyUnreachable, ProxyTimedOut, InvalidAnswer) as e:
            raise _failed(e) from e
        parts = (bytes((len(part),)) + part for part in (sealed.iv, sealed.tag, sealed.metadata))
        return header + b"".join(parts) + sealed.ciphertext

    return outer


def decrypting(
    call: Call, reader: Reader, row: Resource[Key], context: dict[str, str] | None
) -> Callable[[bytes], bytes]:
    """What undoes `encrypting`. Slow."""
    proxy, key, meta = _proxy(call, reader, row)

    def outer(blob: bytes) -> bytes:
        header, rest = blob[:HEADER_LENGTH], blob[HEADER_LENGTH:]
        parts = []
        for _ in range(3):
            if not rest or len(rest) <= rest[0]:
                raise error("InvalidCiphertext")
            parts.append(rest[1 : 1 + rest[0]])
            rest = rest[1 + rest[0] :]
        iv, tag, metadata = parts
        sealed = Sealed(rest, iv, tag, metadata)
        try:
            return header + xks_proxy.decrypt(call.runtime, proxy, key, meta, sealed, _aad(header, context))
        except (ProxyRefused, ProxyUnreachable, ProxyTimedOut, InvalidAnswer) as e:
            raise _failed(e) from e

    return outer


def refuse_random(call: Call, reader: Reader, id: str) -> None:
    """Random bytes come from CloudHSM clusters only, and there are none."""
    store_named(call, reader, id)
    raise error("UnsupportedOperation", "Random bytes come from AWS CloudHSM key stores only.")


def _proxy(call: Call, reader: Reader, row: Resource[Key]) -> tuple[Where, str, dict[str, str]]:
    body = row.body
    assert body.store is not None
    assert body.external_id is not None
    store = reader.by_id(CUSTOM_KEY_STORE, body.store)
    if store is None:
        raise error("KMSInternal")
    meta = _request(call) | {"kmsKeyArn": arn_of(row, call.partition)}
    return where(call, checked(call.runtime, store)), body.external_id, meta


def _request(call: Call) -> dict[str, str]:
    meta = {
        "awsPrincipalArn": call.caller.principal.arn,
        "kmsOperation": call.operation,
        "kmsRequestId": call.request_id,
    }
    return meta if call.via is None else meta | {"kmsViaService": call.via.partition(".")[0]}


def _aad(header: bytes, context: dict[str, str] | None) -> bytes:
    return hashlib.sha256(header + canonical_context(context)).digest()


def _failed(e: Exception) -> AwsError:
    """What a caller of KMS is told. Source: the specification's "Error codes"; the texts are ours."""
    _log.warning("external key store proxy: %s", e)
    if isinstance(e, ProxyRefused):
        match e.name:
            case "InvalidCiphertextException":
                return error("InvalidCiphertext")
            case "ThrottlingException":
                return AwsError("ThrottlingException", "The external key store proxy is too busy.", status=400)
            case "DependencyTimeoutException":
                return error("DependencyTimeout", "The external key manager did not answer in time.")
        name = json.dumps(e.name)[1:-1][:64] or f"status {e.status}"
        return invalid_state(f"The external key store proxy refused the request: {name}.")
    if isinstance(e, ProxyTimedOut):
        return error("DependencyTimeout", "The external key store proxy did not answer in time.")
    if isinstance(e, ProxyUnreachable):
        return invalid_state("The external key store proxy cannot be reached.")
    return invalid_state("The external key store proxy gave an answer that is not valid.")
