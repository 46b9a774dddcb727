"""Custom key stores as keys see them: whether the one a key lives in is connected."""

from __future__ import annotations

import msgspec

from garrison.services.kms.rows import Protected
from garrison.store import Kind, Reader

CONNECTED = "CONNECTED"
CONNECTING = "CONNECTING"
FAILED = "FAILED"
DISCONNECTED = "DISCONNECTED"
DISCONNECTING = "DISCONNECTING"


class Proxy(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an external key store proxy is, and how calls to it are signed."""

    connectivity: str
    endpoint: str
    path: str
    access_key_id: str
    sealed_secret: bytes
    service_name: str | None = None
    service_owner: str | None = None


class CustomKeyStore(Protected, frozen=True, omit_defaults=True, kw_only=True):
    """A custom key store; its name is the row's name, its id (`cks-...`) the row's id."""

    type: str
    state: str = DISCONNECTED
    error: str | None = None
    """`ConnectionErrorCode` of the last attempt that failed."""
    proxy: Proxy | None = None


CUSTOM_KEY_STORE = Kind("kms.custom-key-store", CustomKeyStore)
STORED_IN = "kms.stored-in"
"""Relation: custom key store -> rows of the keys in it."""
XKS_KEYS = "kms.xks-keys"
"""Lookup: `STORE|EXTERNAL-KEY` -> row of the key that has it."""
XKS_URIS = "kms.xks-uris"
"""Lookup: `ACCOUNT|REGION|ENDPOINT/PATH` -> custom key store."""


def connected(reader: Reader, account: str, region: str, id: str) -> bool:
    """Whether a custom key store is connected to what has its keys."""
    row = reader.by_id(CUSTOM_KEY_STORE, id)
    return row is not None and (row.account, row.region, row.body.state) == (account, region, CONNECTED)
