"""A client that imports key material."""

from __future__ import annotations

import os
from typing import Any

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.services.kms.house import KmsHouse

FOR_EVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


def wrap(public: bytes, algorithm: str, material: bytes) -> bytes:
    """What a client does with its key material."""
    key = serialization.load_der_public_key(public)
    assert isinstance(key, rsa.RSAPublicKey)
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm.startswith("RSAES"):
        return key.encrypt(material, oaep)
    ephemeral = os.urandom(32)
    return key.encrypt(ephemeral, oaep) + keywrap.aes_key_wrap_with_padding(ephemeral, material)


class Importer:
    """Wraps material for keys; making the wrapping key is slow, so each key gets one and keeps it."""

    def __init__(self, house: KmsHouse) -> None:
        self.house = house
        self.parameters: dict[tuple[str, str, str], dict[str, Any]] = {}

    def request(
        self, key: str, material: bytes, algorithm: str = "RSAES_OAEP_SHA_256", region: str = "us-east-1"
    ) -> dict[str, Any]:
        slot = (key, region, algorithm)
        if slot not in self.parameters:
            self.parameters[slot] = self.house.kms(
                "GetParametersForImport", KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048",
                region=region,
            )  # fmt: skip
        told = self.parameters[slot]
        wrapped = wrap(told["PublicKey"], algorithm, material)
        return {"KeyId": key, "ImportToken": told["ImportToken"], "EncryptedKeyMaterial": wrapped, "region": region}

    def __call__(self, key: str, material: bytes, **params: Any) -> dict[str, Any]:
        how = {name: params.pop(name) for name in ("algorithm", "region") if name in params}
        return self.house.kms("ImportKeyMaterial", **self.request(key, material, **how), **({**FOR_EVER, **params}))
