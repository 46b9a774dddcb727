"""Custom key stores: external ones, which connect to their proxy; those of CloudHSM, of which there is no cluster.

Source: KMS developer guide, "External key stores"; API reference of the six operations. Texts are guesses.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.kms import custom_keys, quotas, rows, xks_proxy
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.errors import error, limit_exceeded, validation
from garrison.services.kms.paging import after, limit, page, sliced
from garrison.services.kms.stores import (
    CONNECTED,
    CUSTOM_KEY_STORE,
    DISCONNECTED,
    FAILED,
    STORED_IN,
    XKS_URIS,
    CustomKeyStore,
    Proxy,
)
from garrison.services.kms.xks_proxy import InvalidAnswer, ProxyRefused, ProxyTimedOut, ProxyUnreachable, Where
from garrison.store import AlreadyExists, Reader, Resource, Transaction

_CLOUDHSM = "AWS_CLOUDHSM"
_PROXY = (
    "XksProxyUriEndpoint", "XksProxyUriPath", "XksProxyAuthenticationCredential", "XksProxyConnectivity",
    "XksProxyVpcEndpointServiceName", "XksProxyVpcEndpointServiceOwner",
)  # fmt: skip
_NEEDED = ("XksProxyUriEndpoint", "XksProxyUriPath", "XksProxyAuthenticationCredential", "XksProxyConnectivity")


def _check_proxy(call: Call, where: Where) -> None:
    """Raise the exception AWS has for a proxy that does not do. Asks the proxy: slow."""
    try:
        xks_proxy.health(call.runtime, where, call.request_id)
    except ProxyRefused as e:
        if e.name == "AuthenticationFailedException":
            raise error("XksProxyIncorrectAuthenticationCredential") from e
        raise error("XksProxyInvalidConfiguration", f"The proxy answered {e.name or e.status}.") from e
    except (ProxyUnreachable, ProxyTimedOut) as e:
        raise error("XksProxyUriUnreachable", str(e)) from e
    except InvalidAnswer as e:
        raise error("XksProxyInvalidResponse", str(e)) from e


def _prepare_create(call: Call, reader: Reader) -> None:
    params = call.params
    if params.get("CustomKeyStoreType", _CLOUDHSM) == _CLOUDHSM:
        for name in ("CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate"):
            if name not in params:
                raise validation(f"{name} is required for an AWS CloudHSM key store.")
        raise error("CloudHsmClusterNotFound", f"There is no cluster {params['CloudHsmClusterId']}.")
    for name in _NEEDED:
        if name not in params:
            raise validation(f"{name} is required for an external key store.")
    if params["XksProxyConnectivity"] == "VPC_ENDPOINT_SERVICE":
        raise error("XksProxyVpcEndpointServiceNotFound")
    credential = params["XksProxyAuthenticationCredential"]
    _check_proxy(
        call,
        Where(
            params["XksProxyUriEndpoint"],
            params["XksProxyUriPath"],
            credential["AccessKeyId"],
            credential["RawSecretAccessKey"],
            call.region,
        ),
    )


@kms_operation("CreateCustomKeyStore", access="write", prepare=_prepare_create)
def create_custom_key_store(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    if tx.count(CUSTOM_KEY_STORE, call.account, region=call.region) >= quotas.CUSTOM_KEY_STORES:
        raise limit_exceeded("You have exceeded the number of custom key stores allowed.")
    id = f"cks-{os.urandom(9).hex()[:17]}"
    body = CustomKeyStore(type=params["CustomKeyStoreType"], proxy=_proxy_of(call, id, None))
    _take_uri(call, tx, id, body)
    try:
        rows.insert(
            call.runtime, tx, CUSTOM_KEY_STORE, call.account, params["CustomKeyStoreName"], body,
            id=id, region=call.region, created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        raise error("CustomKeyStoreNameInUse") from None
    return {"CustomKeyStoreId": id}


def _proxy_of(call: Call, id: str, old: Proxy | None) -> Proxy:
    """The proxy as the call's parameters say, what they leave out as it was."""
    params = call.params
    credential = params.get("XksProxyAuthenticationCredential")
    if credential is not None:
        secret = call.runtime.seal.seal(custom_keys.SECRET, credential["RawSecretAccessKey"].encode(), id)
        key_id = credential["AccessKeyId"]
    else:
        assert old is not None
        secret, key_id = old.sealed_secret, old.access_key_id
    return Proxy(
        connectivity=params.get("XksProxyConnectivity") or (old.connectivity if old else ""),
        endpoint=params.get("XksProxyUriEndpoint") or (old.endpoint if old else ""),
        path=params.get("XksProxyUriPath") or (old.path if old else ""),
        access_key_id=key_id,
        sealed_secret=secret,
    )


def _uri(call: Call, body: CustomKeyStore) -> str:
    assert body.proxy is not None
    return f"{call.account}|{call.region}|{body.proxy.endpoint}{body.proxy.path}"


def _take_uri(call: Call, tx: Transaction, id: str, body: CustomKeyStore) -> None:
    try:
        tx.set_lookup(XKS_URIS, _uri(call, body), id)
    except AlreadyExists:
        raise error("XksProxyUriInUse") from None


@kms_operation("DescribeCustomKeyStores", access="read")
def describe_custom_key_stores(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    found: list[Resource[CustomKeyStore]]
    if "CustomKeyStoreId" in params and "CustomKeyStoreName" in params:
        raise validation("You cannot specify both CustomKeyStoreId and CustomKeyStoreName.")
    if "CustomKeyStoreId" in params:
        found = [custom_keys.store_named(call, reader, params["CustomKeyStoreId"])]
    elif "CustomKeyStoreName" in params:
        row = reader.get(CUSTOM_KEY_STORE, call.account, params["CustomKeyStoreName"], region=call.region)
        if row is None:
            raise error("CustomKeyStoreNotFound")
        found = [row]
    else:
        found = reader.page(CUSTOM_KEY_STORE, call.account, region=call.region)
    size = limit(call, 100, 1000)
    items = sliced(found, lambda row: row.id, after(call), size)
    return page(call, "CustomKeyStores", items, size, lambda row: row.id, _shown)


def _shown(row: Resource[CustomKeyStore]) -> dict[str, Any]:
    body = row.body
    shown: dict[str, Any] = {
        "CustomKeyStoreId": row.id,
        "CustomKeyStoreName": row.name,
        "ConnectionState": body.state,
        "CreationDate": row.created,
        "CustomKeyStoreType": body.type,
    }
    if body.error is not None:
        shown["ConnectionErrorCode"] = body.error
    if body.proxy is not None:
        shown["XksProxyConfiguration"] = {
            "Connectivity": body.proxy.connectivity,
            "AccessKeyId": body.proxy.access_key_id,
            "UriEndpoint": body.proxy.endpoint,
            "UriPath": body.proxy.path,
        }
    return shown


def _prepare_connect(call: Call, reader: Reader) -> str | None:
    """The `ConnectionErrorCode` of an attempt to connect; None if it went well. Asks the proxy: slow."""
    store = _to_connect(call, reader)
    try:
        xks_proxy.health(call.runtime, custom_keys.where(call, store), call.request_id)
    except ProxyRefused as e:
        if e.name in ("AccessDeniedException", "AuthenticationFailedException"):
            return "INVALID_CREDENTIALS" if e.name.startswith("Authentication") else "XKS_PROXY_ACCESS_DENIED"
        return "XKS_PROXY_INVALID_CONFIGURATION"
    except ProxyTimedOut:
        return "XKS_PROXY_TIMED_OUT"
    except ProxyUnreachable as e:
        return "XKS_PROXY_INVALID_TLS_CONFIGURATION" if "certificate" in str(e).lower() else "XKS_PROXY_NOT_REACHABLE"
    except InvalidAnswer:
        return "XKS_PROXY_INVALID_RESPONSE"
    return None


def _to_connect(call: Call, reader: Reader) -> Resource[CustomKeyStore]:
    store = custom_keys.store_named(call, reader, call.params["CustomKeyStoreId"])
    if store.body.state == FAILED:
        raise error("CustomKeyStoreInvalidState", f"Custom key store {store.id} has to be disconnected first.")
    return store


@kms_operation("ConnectCustomKeyStore", access="write", prepare=_prepare_connect)
def connect_custom_key_store(call: Call, tx: Transaction) -> dict[str, Any]:
    store = _to_connect(call, tx)
    failure: str | None = call.prepared
    state = CONNECTED if failure is None else FAILED
    rows.update(call.runtime, tx, store, msgspec.structs.replace(store.body, state=state, error=failure))
    return {}


@kms_operation("DisconnectCustomKeyStore", access="write")
def disconnect_custom_key_store(call: Call, tx: Transaction) -> dict[str, Any]:
    store = custom_keys.store_named(call, tx, call.params["CustomKeyStoreId"])
    if store.body.state == DISCONNECTED:
        raise error("CustomKeyStoreInvalidState", f"Custom key store {store.id} is disconnected.")
    rows.update(call.runtime, tx, store, msgspec.structs.replace(store.body, state=DISCONNECTED, error=None))
    return {}


def _prepare_update(call: Call, reader: Reader) -> None:
    store = custom_keys.store_named(call, reader, call.params["CustomKeyStoreId"])
    if not any(name in call.params for name in _PROXY):
        return
    _require_disconnected(store)
    proxy = _proxy_of(call, store.id, store.body.proxy)
    body = msgspec.structs.replace(store.body, proxy=proxy)
    _check_proxy(call, custom_keys.where(call, dataclasses.replace(store, body=body)))


def _require_disconnected(store: Resource[CustomKeyStore]) -> None:
    if store.body.state != DISCONNECTED:
        raise error("CustomKeyStoreInvalidState", f"Custom key store {store.id} is not disconnected.")


@kms_operation("UpdateCustomKeyStore", access="write", prepare=_prepare_update)
def update_custom_key_store(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    store = custom_keys.store_named(call, tx, params["CustomKeyStoreId"])
    if "CloudHsmClusterId" in params or "KeyStorePassword" in params:
        raise validation(f"Custom key store {store.id} is no AWS CloudHSM key store.")
    if params.get("XksProxyConnectivity") == "VPC_ENDPOINT_SERVICE":
        raise error("XksProxyVpcEndpointServiceNotFound")
    body = store.body
    if any(name in params for name in _PROXY):
        _require_disconnected(store)
        tx.delete_lookup(XKS_URIS, _uri(call, body))
        body = msgspec.structs.replace(body, proxy=_proxy_of(call, store.id, body.proxy))
        _take_uri(call, tx, store.id, body)
    try:
        rows.update(call.runtime, tx, store, body, name=params.get("NewCustomKeyStoreName"))
    except AlreadyExists:
        raise error("CustomKeyStoreNameInUse") from None
    return {}


@kms_operation("DeleteCustomKeyStore", access="write")
def delete_custom_key_store(call: Call, tx: Transaction) -> dict[str, Any]:
    store = custom_keys.store_named(call, tx, call.params["CustomKeyStoreId"])
    _require_disconnected(store)
    if tx.targets(STORED_IN, store.id):
        raise error("CustomKeyStoreHasCMKs")
    tx.delete_lookup(XKS_URIS, _uri(call, store.body))
    rows.delete(call.runtime, tx, store)
    return {}
