"""Custom key stores: an external proxy that is really called, and what becomes of keys when it is not there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from garrison.services.kms.xks_proxy import ANSWER_NAME
from tests.services.kms.house import KmsHouse
from tests.services.kms.xks_server import ACCESS_KEY, HOST, PATH, SECRET, XksServer


@pytest.fixture(scope="module")
def proxy(one_house: KmsHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[XksServer]:
    made = XksServer(tmp_path_factory.mktemp("xks"))
    one_house.runtime = dataclasses.replace(
        one_house.runtime,
        identity_ca=str(made.ca),
        xks_proxies={HOST: ("127.0.0.1", made.port)},
        quotas={ANSWER_NAME: 2000},
    )
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _faultless(proxy: XksServer) -> Iterator[None]:
    """Faults end with the test that made them: what is shared is made before the next test's own fixtures."""
    yield
    proxy.fault = None


ASKED: dict[str, Any] = {
    "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
    "XksProxyUriEndpoint": f"https://{HOST}",
    "XksProxyUriPath": PATH,
    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
    "XksProxyAuthenticationCredential": {"AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": SECRET},
}


@pytest.fixture(scope="module")
def store(one_house: KmsHouse, proxy: XksServer) -> str:
    """A connected key store."""
    id: str = one_house.kms("CreateCustomKeyStore", CustomKeyStoreName="vault", **ASKED)["CustomKeyStoreId"]
    one_house.kms("ConnectCustomKeyStore", CustomKeyStoreId=id)
    return id


@pytest.fixture(scope="module")
def key(one_house: KmsHouse, store: str) -> str:
    return one_house.key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="first-key")


def shown(house: KmsHouse, store: str) -> dict[str, Any]:
    found: dict[str, Any] = house.kms("DescribeCustomKeyStores", CustomKeyStoreId=store)["CustomKeyStores"][0]
    return found


def test_a_key_behind_a_proxy_encrypts_there_too(house: KmsHouse, proxy: XksServer, store: str, key: str) -> None:
    told = house.describe(key)
    assert (told["Origin"], told["CustomKeyStoreId"], told["XksKeyConfiguration"]) == (
        "EXTERNAL_KEY_STORE", store, {"Id": "first-key"},
    )  # fmt: skip
    proxy.calls.clear()
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"secret", EncryptionContext={"a": "b"})["CiphertextBlob"]
    what, asked = proxy.calls[-1]
    assert what == "keys/first-key/encrypt"
    assert b"secret" not in str(asked).encode()
    assert asked["requestMetadata"]["kmsKeyArn"] == house.arn(key)
    opened = house.kms("Decrypt", CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert (opened["Plaintext"], "KeyMaterialId" in opened) == (b"secret", False)
    assert house.refused("Decrypt", CiphertextBlob=blob, EncryptionContext={"a": "c"})[0] == "InvalidCiphertext"
    for n in range(80, len(blob), 5):
        changed = blob[:n] + bytes([blob[n] ^ 1]) + blob[n + 1 :]
        assert house.refused("Decrypt", CiphertextBlob=changed, EncryptionContext={"a": "b"})[0] in (
            "InvalidCiphertext", "KMSInvalidState",
        )  # fmt: skip
    data = house.kms("GenerateDataKey", KeyId=key, KeySpec="AES_256")
    assert house.kms("Decrypt", CiphertextBlob=data["CiphertextBlob"])["Plaintext"] == data["Plaintext"]
    plain = house.key()
    moved = house.kms("ReEncrypt", CiphertextBlob=data["CiphertextBlob"], DestinationKeyId=plain)["CiphertextBlob"]
    back = house.kms("ReEncrypt", CiphertextBlob=moved, DestinationKeyId=key)["CiphertextBlob"]
    assert house.kms("Decrypt", CiphertextBlob=back)["Plaintext"] == data["Plaintext"]


def test_what_such_keys_cannot_do(house: KmsHouse, store: str, key: str) -> None:
    assert house.refused("GenerateDataKeyPair", KeyId=key, KeyPairSpec="ECC_NIST_P256")[0] == "UnsupportedOperation"
    assert house.refused("EnableKeyRotation", KeyId=key)[0] == "UnsupportedOperation"
    where: dict[str, Any] = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store}
    assert house.refused("CreateKey", XksKeyId="first-key", **where)[0] == "XksKeyAlreadyInUse"
    assert house.refused("CreateKey", XksKeyId="third-key", **where)[0] == "XksKeyNotFound"
    assert house.refused("CreateKey", XksKeyId="second-key", MultiRegion=True, **where)[0] == "UnsupportedOperation"
    assert house.refused("CreateKey", **where)[0] == "Validation"


def test_a_disabled_external_key_makes_no_kms_key(house: KmsHouse, proxy: XksServer, store: str) -> None:
    proxy.fault = "disabled"
    where: dict[str, Any] = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store, "XksKeyId": "second-key"}
    assert house.refused("CreateKey", **where)[0] == "XksKeyInvalidConfiguration"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("denied", "KMSInvalidState"), ("lies", "KMSInvalidState"), ("slow", "DependencyTimeout")],
)
def test_a_proxy_that_misbehaves_is_not_believed(
    house: KmsHouse, proxy: XksServer, key: str, fault: str, code: str
) -> None:
    proxy.fault = fault
    assert house.refused("Encrypt", KeyId=key, Plaintext=b"x")[0] == code


def test_a_store_that_is_not_connected_has_no_keys_to_use(house: KmsHouse, store: str, key: str) -> None:
    house.kms("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    assert house.describe(key)["KeyState"] == "Unavailable"
    assert house.refused("Encrypt", KeyId=key, Plaintext=b"x") == (
        "KMSInvalidState", f"{house.arn(key)} is unavailable.",
    )  # fmt: skip
    assert house.refused("DisconnectCustomKeyStore", CustomKeyStoreId=store)[0] == "CustomKeyStoreInvalidState"
    assert house.refused("DeleteCustomKeyStore", CustomKeyStoreId=store)[0] == "CustomKeyStoreHasCMKs"
    house.kms("UpdateCustomKeyStore", CustomKeyStoreId=store, NewCustomKeyStoreName="renamed")
    credential = {"XksProxyAuthenticationCredential": ASKED["XksProxyAuthenticationCredential"]}
    house.kms("UpdateCustomKeyStore", CustomKeyStoreId=store, **credential)
    credential = {"XksProxyAuthenticationCredential": {"AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": "x" * 43}}
    assert house.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, **credential)[0] == (
        "XksProxyIncorrectAuthenticationCredential"
    )
    house.kms("ConnectCustomKeyStore", CustomKeyStoreId=store)
    assert (shown(house, store)["ConnectionState"], shown(house, store)["CustomKeyStoreName"]) == (
        "CONNECTED", "renamed",
    )  # fmt: skip
    assert house.kms("Encrypt", KeyId=key, Plaintext=b"x")
    wrong: dict[str, Any] = {"XksProxyUriPath": "/other/kms/xks/v1"}
    assert house.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, **wrong)[0] == "CustomKeyStoreInvalidState"


def test_a_connection_that_fails_says_why(house: KmsHouse, proxy: XksServer) -> None:
    path = "/tenant/kms/xks/v2"
    assert house.refused("CreateCustomKeyStore", CustomKeyStoreName="o", **{**ASKED, "XksProxyUriPath": path})[0] == (
        "XksProxyInvalidConfiguration"
    )
    bad = {"AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": "x" * 43}
    assert house.refused(
        "CreateCustomKeyStore", CustomKeyStoreName="o", **{**ASKED, "XksProxyAuthenticationCredential": bad}
    )[0] == "XksProxyIncorrectAuthenticationCredential"  # fmt: skip
    nowhere = {**ASKED, "XksProxyUriEndpoint": "https://localhost"}
    assert house.refused("CreateCustomKeyStore", CustomKeyStoreName="o", **nowhere)[0] == "XksProxyUriUnreachable"
    assert house.refused("CreateCustomKeyStore", CustomKeyStoreName="o", **ASKED)[0] == "XksProxyUriInUse"


def test_there_is_no_cloudhsm_cluster(house: KmsHouse) -> None:
    asked: dict[str, Any] = {
        "CloudHsmClusterId": "cluster-1a23b4cdefg", "KeyStorePassword": "password", "TrustAnchorCertificate": "x",
    }  # fmt: skip
    assert house.refused("CreateCustomKeyStore", CustomKeyStoreName="hsm", **asked)[0] == "CloudHsmClusterNotFound"


def test_a_failed_connection_has_to_be_taken_back_first(house: KmsHouse, proxy: XksServer, store: str) -> None:
    house.kms("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    proxy.fault = "denied"
    house.kms("ConnectCustomKeyStore", CustomKeyStoreId=store)
    told = shown(house, store)
    assert (told["ConnectionState"], told["ConnectionErrorCode"]) == ("FAILED", "XKS_PROXY_ACCESS_DENIED")
    assert house.refused("ConnectCustomKeyStore", CustomKeyStoreId=store)[0] == "CustomKeyStoreInvalidState"
    house.kms("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    proxy.fault = None
    house.kms("ConnectCustomKeyStore", CustomKeyStoreId=store)
    assert shown(house, store)["ConnectionState"] == "CONNECTED"
