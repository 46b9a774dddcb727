"""Keys in custom key stores: what is asked of the store when such a key is made or used."""

from __future__ import annotations

from collections.abc import Callable

from garrison.access.call import Call
from garrison.services.kms.errors import error
from garrison.services.kms.resources import Key
from garrison.services.kms.stores import CONNECTED, CUSTOM_KEY_STORE, CustomKeyStore
from garrison.store import Reader, Resource, Transaction


def store_named(call: Call, reader: Reader, id: str) -> Resource[CustomKeyStore]:
    """The custom key store with that id. Raises `CustomKeyStoreNotFoundException`."""
    row = reader.by_id(CUSTOM_KEY_STORE, id)
    if row is None or (row.account, row.region) != (call.account, call.region):
        raise error("CustomKeyStoreNotFound")
    return row


def look_up(call: Call, reader: Reader, id: str, origin: str, external_id: str | None) -> None:
    """Make sure that a key can be made in a custom key store."""
    store = store_named(call, reader, id)
    if store.body.state != CONNECTED:
        raise error("CustomKeyStoreInvalidState")


def claim(call: Call, tx: Transaction, id: str, external_id: str | None, key_id: str) -> None:
    """Note that an external key belongs to a KMS key. Raises `XksKeyAlreadyInUseException`."""


def encrypting(
    call: Call, reader: Reader, row: Resource[Key], context: dict[str, str] | None
) -> Callable[[bytes], bytes]:
    """What encrypts a blob a second time, in the key store."""
    raise error("KeyUnavailable")


def decrypting(
    call: Call, reader: Reader, row: Resource[Key], context: dict[str, str] | None
) -> Callable[[bytes], bytes]:
    """What undoes `encrypting`."""
    raise error("KeyUnavailable")


def refuse_random(call: Call, reader: Reader, id: str) -> None:
    """Random bytes come from CloudHSM clusters only, and there are none."""
    store_named(call, reader, id)
    raise error("UnsupportedOperation")
