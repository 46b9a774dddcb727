"""Rotation: by the calendar, on demand, and what it leaves of old material."""

from __future__ import annotations

from tests.services.kms.house import KmsHouse

ALL = {"IncludeKeyMaterial": "ALL_KEY_MATERIAL"}


def test_a_key_rotates_when_its_period_is_over_and_old_ciphertexts_still_open(house: KmsHouse) -> None:
    key = house.key()
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    first = house.describe(key)["CurrentKeyMaterialId"]
    assert house.kms("GetKeyRotationStatus", KeyId=key) == {"KeyRotationEnabled": False, "KeyId": house.arn(key)}
    house.kms("EnableKeyRotation", KeyId=key)
    status = house.kms("GetKeyRotationStatus", KeyId=key)
    assert (status["RotationPeriodInDays"], status["NextRotationDate"]) == (365, house.clock.now() + 365 * 86400)
    house.kms("EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
    house.days(89)
    assert house.describe(key)["CurrentKeyMaterialId"] == first
    house.days(1.1)
    second = house.describe(key)["CurrentKeyMaterialId"]
    assert second != first
    opened = house.kms("Decrypt", CiphertextBlob=blob)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"x", first)
    moved = house.kms("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=key)
    assert (moved["SourceKeyMaterialId"], moved["DestinationKeyMaterialId"]) == (first, second)
    rotations = house.kms("ListKeyRotations", KeyId=key)["Rotations"]
    assert rotations == [
        {
            "KeyId": house.arn(key), "KeyMaterialId": second, "KeyMaterialState": "CURRENT",
            "RotationDate": rotations[0]["RotationDate"], "RotationType": "AUTOMATIC",
        },
    ]  # fmt: skip
    every = house.kms("ListKeyRotations", KeyId=key, **ALL)["Rotations"]
    assert [(m["KeyMaterialId"], m["KeyMaterialState"]) for m in every] == [(first, "NON_CURRENT"), (second, "CURRENT")]
    house.kms("DisableKeyRotation", KeyId=key)
    house.days(400)
    assert house.describe(key)["CurrentKeyMaterialId"] == second


def test_rotation_on_demand_leaves_the_calendar_alone_and_has_an_end(house: KmsHouse) -> None:
    key = house.key()
    house.kms("EnableKeyRotation", KeyId=key)
    due = house.kms("GetKeyRotationStatus", KeyId=key)["NextRotationDate"]
    for _ in range(25):
        assert house.kms("RotateKeyOnDemand", KeyId=key) == {"KeyId": house.arn(key)}
    assert house.kms("GetKeyRotationStatus", KeyId=key)["NextRotationDate"] == due
    assert house.refused("RotateKeyOnDemand", KeyId=key) == (
        "LimitExceeded",
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
        f"performed for this key: {house.arn(key)}",
    )
    page = house.kms("ListKeyRotations", KeyId=key, Limit=20)
    rest = house.kms("ListKeyRotations", KeyId=key, Marker=page["NextMarker"])
    assert (len(page["Rotations"]), len(rest["Rotations"])) == (20, 5)
    other = house.key()
    house.kms("EnableKeyRotation", KeyId=other, RotationPeriodInDays=90)
    house.clock.advance(90 * 86400 - 60)
    assert house.refused("RotateKeyOnDemand", KeyId=other)[0] == "Conflict"


def test_a_disabled_key_catches_up_when_it_is_enabled(house: KmsHouse) -> None:
    key = house.key()
    house.kms("EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
    house.kms("DisableKey", KeyId=key)
    first = house.describe(key)["CurrentKeyMaterialId"]
    house.days(100)
    assert house.describe(key)["CurrentKeyMaterialId"] == first
    house.kms("EnableKey", KeyId=key)
    assert house.describe(key)["CurrentKeyMaterialId"] != first


def test_only_symmetric_keys_rotate(house: KmsHouse) -> None:
    key = house.key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    for operation in ("EnableKeyRotation", "RotateKeyOnDemand"):
        assert house.refused(operation, KeyId=key) == ("UnsupportedOperation", "")
    assert house.kms("GetKeyRotationStatus", KeyId=key)["KeyRotationEnabled"] is False


def test_the_keys_of_a_set_rotate_together(house: KmsHouse) -> None:
    key = house.key(MultiRegion=True)
    house.kms("ReplicateKey", KeyId=key, ReplicaRegion="eu-west-1")
    replica = house.arn(key, region="eu-west-1")
    for operation in ("EnableKeyRotation", "RotateKeyOnDemand"):
        said = house.refused(operation, KeyId=key, region="eu-west-1")
        assert said == ("UnsupportedOperation", f"{replica} is not a multi-region primary key.")
    house.kms("EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
    assert house.kms("GetKeyRotationStatus", KeyId=key, region="eu-west-1")["RotationPeriodInDays"] == 90
    house.days(91)
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    opened = house.kms("Decrypt", CiphertextBlob=blob, region="eu-west-1")
    assert opened["KeyMaterialId"] == house.describe(key)["CurrentKeyMaterialId"]
    assert house.describe(key, region="eu-west-1")["CurrentKeyMaterialId"] == opened["KeyMaterialId"]
