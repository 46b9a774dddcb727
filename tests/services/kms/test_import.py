"""Imported key material: wrapped by a client, kept while it is valid, given again, rotated."""

from __future__ import annotations

import hmac
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.services.kms.house import KmsHouse
from tests.services.kms.importer import FOR_EVER, Importer


@pytest.fixture
def give(house: KmsHouse) -> Importer:
    return Importer(house)


def test_imported_material_is_what_the_key_works_with(house: KmsHouse, give: Importer) -> None:
    key, material = house.key(Origin="EXTERNAL"), os.urandom(32)
    assert house.describe(key)["KeyState"] == "PendingImport"
    assert house.refused("Encrypt", KeyId=key, Plaintext=b"x") == (
        "KMSInvalidState",
        f"{house.arn(key)} is pending import.",
    )
    first = give(key, material)
    assert house.describe(key)["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert house.kms("DeleteImportedKeyMaterial", KeyId=key)["KeyMaterialId"] == first["KeyMaterialId"]
    assert house.describe(key)["KeyState"] == "PendingImport"
    assert house.refused("Decrypt", CiphertextBlob=blob)[0] == "KMSInvalidState"
    assert house.refused("ImportKeyMaterial", **give.request(key, os.urandom(32)), **FOR_EVER)[0] == (
        "IncorrectKeyMaterial"
    )
    assert give(key, material) == first
    assert house.kms("Decrypt", CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
def test_material_comes_in_every_wrapping(house: KmsHouse, give: Importer, algorithm: str) -> None:
    key = house.key(Origin="EXTERNAL", KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")
    give(key, bytes(48), algorithm=algorithm)
    mac = house.kms("GenerateMac", KeyId=key, Message=b"x", MacAlgorithm="HMAC_SHA_384")["Mac"]
    assert mac == hmac.digest(bytes(48), b"x", "sha384")


def test_a_private_key_can_be_imported(house: KmsHouse, give: Importer) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = house.key(Origin="EXTERNAL", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    give(key, der)
    signature = house.kms("Sign", KeyId=key, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    private.public_key().verify(signature, b"x", ec.ECDSA(hashes.SHA256()))


def test_material_expires_when_its_time_has_come(house: KmsHouse, give: Importer) -> None:
    key, material = house.key(Origin="EXTERNAL"), os.urandom(32)
    end = house.clock.now() + 86400
    asked = give.request(key, material)
    said = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    assert house.refused("ImportKeyMaterial", **asked) == ("Validation", said)
    for wrong in (house.clock.now() - 1, house.clock.now() + 366 * 86400):
        assert house.refused("ImportKeyMaterial", **asked, ValidTo=wrong)[0] == "Validation"
    give(key, material, ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=end)
    assert house.describe(key)["ValidTo"] == end
    house.clock.advance(86401)
    # Time alone makes it unusable; the material itself goes with the next look at what is due.
    assert house.describe(key)["KeyState"] == "PendingImport"
    house.days(0)
    give.parameters.clear()  # the token is over, too
    give(key, material)
    assert house.describe(key)["KeyState"] == "Enabled"


def test_tokens_are_for_one_key_and_one_day(house: KmsHouse, give: Importer) -> None:
    key, other = house.key(Origin="EXTERNAL"), house.key(Origin="EXTERNAL")
    asked = give.request(key, bytes(32)) | FOR_EVER
    assert house.refused("ImportKeyMaterial", **{**asked, "KeyId": other})[0] == "InvalidImportToken"
    wrong: dict[str, Any] = {**asked, "EncryptedKeyMaterial": bytes(256)}
    assert house.refused("ImportKeyMaterial", **wrong)[0] == "InvalidCiphertext"
    short = give.request(key, bytes(31)) | FOR_EVER
    assert house.refused("ImportKeyMaterial", **short)[0] == "IncorrectKeyMaterial"
    house.clock.advance(86401)
    assert house.refused("ImportKeyMaterial", **asked)[0] == "ExpiredImportToken"
    assert house.refused("GetParametersForImport", KeyId=house.key(), WrappingAlgorithm="RSAES_OAEP_SHA_256",
                         WrappingKeySpec="RSA_2048")[1].endswith(
        "origin is AWS_KMS which is not valid for this operation."
    )  # fmt: skip


def test_a_key_holds_several_materials_and_needs_all_that_became_part_of_it(house: KmsHouse, give: Importer) -> None:
    key, first, second = house.key(Origin="EXTERNAL"), os.urandom(32), os.urandom(32)
    one = give(key, first)["KeyMaterialId"]
    old = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert house.refused("RotateKeyOnDemand", KeyId=key) == (
        "KMSInvalidState",
        f"No available key material pending rotation for the key: {house.arn(key)}.",
    )
    two = give(key, second, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    third = give.request(key, os.urandom(32)) | FOR_EVER | {"ImportType": "NEW_KEY_MATERIAL"}
    code, text = house.refused("ImportKeyMaterial", **third)
    assert code == "KMSInvalidState"
    assert text.endswith(f"because another key material (id: {two}) is pending rotation.")
    listed = house.kms("ListKeyRotations", KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [(m["KeyMaterialId"], m["KeyMaterialState"]) for m in listed] == [
        (one, "CURRENT"),
        (two, "PENDING_ROTATION"),
    ]
    house.kms("RotateKeyOnDemand", KeyId=key)
    assert house.describe(key)["CurrentKeyMaterialId"] == two
    assert house.kms("Decrypt", CiphertextBlob=old)["KeyMaterialId"] == one
    house.kms("DeleteImportedKeyMaterial", KeyId=key, KeyMaterialId=one)
    assert house.describe(key)["KeyState"] == "PendingImport"
    assert house.refused("Encrypt", KeyId=key, Plaintext=b"x")[0] == "KMSInvalidState"
    give(key, first, KeyMaterialId=one)
    assert house.kms("Decrypt", CiphertextBlob=old)["Plaintext"] == b"x"


def test_the_replicas_of_a_key_with_imported_material_are_given_it_one_by_one(house: KmsHouse, give: Importer) -> None:
    key, first, second = house.key(Origin="EXTERNAL", MultiRegion=True), os.urandom(32), os.urandom(32)
    give(key, first)
    house.kms("ReplicateKey", KeyId=key, ReplicaRegion="eu-west-1")
    assert house.describe(key, region="eu-west-1")["KeyState"] == "PendingImport"
    assert house.refused("ImportKeyMaterial", **give.request(key, second, region="eu-west-1"), **FOR_EVER)[0] == (
        "IncorrectKeyMaterial"
    )
    give(key, first, region="eu-west-1")
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert house.kms("Decrypt", CiphertextBlob=blob, region="eu-west-1")["Plaintext"] == b"x"
    give(key, second, ImportType="NEW_KEY_MATERIAL")
    state = house.kms("ListKeyRotations", KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"][-1]
    assert state["KeyMaterialState"] == "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    assert house.refused("RotateKeyOnDemand", KeyId=key)[0] == "KMSInvalidState"
    give(key, second, region="eu-west-1")
    house.kms("RotateKeyOnDemand", KeyId=key)
    assert (
        house.describe(key, region="eu-west-1")["CurrentKeyMaterialId"] == house.describe(key)["CurrentKeyMaterialId"]
    )
