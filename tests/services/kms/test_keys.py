"""Keys: making them, naming them, turning them off, deleting them."""

from __future__ import annotations

import dataclasses
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.services.kms.house import ACCOUNT, OTHER, KmsHouse

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_a_new_key_is_shown_as_aws_shows_it(house: KmsHouse) -> None:
    tags = [{"TagKey": "team", "TagValue": "blue"}]
    made = house.kms("CreateKey", Description="for tests", Tags=tags)["KeyMetadata"]
    key_id = made["KeyId"]
    assert UUID.fullmatch(key_id)
    assert re.fullmatch("[0-9a-f]{64}", made.pop("CurrentKeyMaterialId"))
    assert made == {
        "AWSAccountId": ACCOUNT,
        "KeyId": key_id,
        "Arn": house.arn(key_id),
        "CreationDate": house.clock.now(),
        "Enabled": True,
        "Description": "for tests",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    assert house.kms("ListResourceTags", KeyId=key_id) == {"Tags": tags, "Truncated": False}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"KeySpec": "HMAC_256"},
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
        ),
        (
            {"KeySpec": "RSA_2048", "KeyUsage": "KEY_AGREEMENT"},
            "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048",
        ),
        (
            {"KeySpec": "ECC_NIST_P256", "CustomerMasterKeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is "
            "deprecated.",
        ),
    ],
)
def test_a_usage_has_to_fit_its_spec(house: KmsHouse, params: dict[str, str], message: str) -> None:
    assert house.refused("CreateKey", **params) == ("Validation", message)


@pytest.mark.parametrize("spec", ["SM2", "ML_KEM_512"])
def test_what_cannot_be_done_is_refused_honestly(house: KmsHouse, spec: str) -> None:
    usage = "SIGN_VERIFY" if spec == "SM2" else "ENCAPSULATE_DECAPSULATE"
    assert house.refused("CreateKey", KeySpec=spec, KeyUsage=usage)[0] == "UnsupportedOperation"


def test_a_key_is_named_in_four_ways_where_it_is_used_and_in_two_where_it_is_managed(house: KmsHouse) -> None:
    key = house.key()
    house.kms("CreateAlias", AliasName="alias/app", TargetKeyId=key)
    by_arn, alias = house.arn(key), f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
    for name in (key, by_arn, "alias/app", alias, key.upper()):
        assert house.describe(name)["KeyId"] == key
        assert house.kms("Encrypt", KeyId=name, Plaintext=b"x")["KeyId"] == by_arn
    for name in ("alias/app", alias):
        assert house.refused("DisableKey", KeyId=name)[0] == "NotFound"
    for name in (key, by_arn):
        house.kms("DisableKey", KeyId=name)
        house.kms("EnableKey", KeyId=name)


def test_names_of_no_key_are_answered_in_the_words_of_aws(house: KmsHouse) -> None:
    unknown = str(uuid.uuid4())
    said = {
        "fake-key-id": "Invalid keyId 'fake-key-id'",
        unknown: f"Key '{house.arn(unknown)}' does not exist",
        house.arn(unknown, region="eu-west-1"): "Invalid arn eu-west-1",
        "alias/none": f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/none is not found.",
    }
    for name, message in said.items():
        assert house.refused("DescribeKey", KeyId=name) == ("NotFound", message)
    assert house.refused("DescribeKey", KeyId="arn:aws:s3:::bucket")[0] == "InvalidArn"


def test_an_arn_that_is_neither_a_keys_nor_an_aliass_names_nothing(house: KmsHouse) -> None:
    key = house.key()
    house.kms("CreateAlias", AliasName="alias/odd", TargetKeyId=key)
    for resource in ("key/alias/odd", key, f"keys/{key}", "key/", f"key/key/{key}", "alias/odd/", "*"):
        named = f"arn:aws:kms:us-east-1:{ACCOUNT}:{resource}"
        for operation, params in (
            ("Encrypt", {"Plaintext": b"x"}),
            ("DescribeKey", {}),
            ("PutKeyPolicy", {"Policy": "{}"}),
            ("ListGrants", {}),
        ):
            assert house.refused(operation, KeyId=named, **params)[0] in ("NotFound", "InvalidArn"), (named, operation)


def test_another_account_learns_nothing_of_a_key_that_is_not_for_it(house: KmsHouse) -> None:
    there, nowhere = house.arn(house.key()), house.arn(str(uuid.uuid4()))
    answers = {house.refused("Encrypt", by=OTHER, KeyId=arn, Plaintext=b"x") for arn in (there, nowhere)}
    assert len(answers) == 1
    code, message = answers.pop()
    assert code == "AccessDenied"
    assert message.endswith(
        "is not authorized to perform: kms:Encrypt on this resource because the resource does not exist in this "
        "Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
    )


def test_keys_are_listed_in_pages(house: KmsHouse) -> None:
    keys = sorted(house.key(by=OTHER) for _ in range(5))
    first = house.kms("ListKeys", by=OTHER, Limit=2)
    assert first["Truncated"] is True
    rest = house.kms("ListKeys", by=OTHER, Marker=first["NextMarker"])
    assert [entry["KeyId"] for entry in first["Keys"] + rest["Keys"]] == keys
    assert rest["Truncated"] is False
    assert "NextMarker" not in rest
    assert house.refused("ListKeys", Marker="nonsense")[0] == "InvalidMarker"
    assert house.refused("ListAliases", Marker=first["NextMarker"])[0] == "InvalidMarker"


def test_a_disabled_key_does_nothing_until_it_is_enabled(house: KmsHouse) -> None:
    key = house.key()
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    house.kms("DisableKey", KeyId=key)
    assert house.describe(key)["Enabled"] is False
    assert house.refused("Decrypt", CiphertextBlob=blob) == ("Disabled", f"{house.arn(key)} is disabled.")
    house.kms("EnableKey", KeyId=key)
    assert house.kms("Decrypt", CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_is_gone_when_its_waiting_period_is_over(house: KmsHouse) -> None:
    key = house.key()
    house.kms("CreateAlias", AliasName="alias/short", TargetKeyId=key)
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert house.refused("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=6)[0] == "Validation"
    answer = house.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    end = house.clock.now() + 7 * 86400
    assert answer == {
        "KeyId": house.arn(key), "KeyState": "PendingDeletion", "DeletionDate": end, "PendingWindowInDays": 7,
    }  # fmt: skip
    house.days(6.9)
    assert house.describe(key)["DeletionDate"] == end
    house.clock.advance(0.2 * 86400)
    # The time alone decides, before anything is cleared away.
    assert house.refused("DescribeKey", KeyId=key)[0] == "NotFound"
    house.days(0)
    assert house.refused("DescribeKey", KeyId="alias/short")[0] == "NotFound"
    code, message = house.refused("Decrypt", CiphertextBlob=blob)
    assert code == "AccessDenied"
    assert message.startswith("The ciphertext refers to a customer master key that does not exist")


def test_a_cancelled_deletion_leaves_a_disabled_key(house: KmsHouse) -> None:
    key = house.key()
    house.kms("ScheduleKeyDeletion", KeyId=key)
    assert house.kms("CancelKeyDeletion", KeyId=key) == {"KeyId": house.arn(key)}
    assert house.describe(key)["KeyState"] == "Disabled"
    house.days(40)
    assert house.describe(key)["KeyState"] == "Disabled"


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}], "Duplicate tag keys"),
        ([{"TagKey": "AWS:x", "TagValue": "1"}], "Tags beginning with aws: are reserved"),
        ([{"TagKey": str(n), "TagValue": ""} for n in range(51)], "Too many tags"),
    ],
)
def test_tags_are_refused_as_aws_refuses_them(house: KmsHouse, tags: list[dict[str, str]], message: str) -> None:
    assert house.refused("CreateKey", Tags=tags) == ("Tag", message)
    assert house.refused("TagResource", KeyId=house.key(), Tags=tags) == ("Tag", message)


def test_policies_are_kept_as_they_were_written(house: KmsHouse) -> None:
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Sid": "all", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
             "Action": "kms:*", "Resource": "*"},
        ]}, indent=7,
    )  # fmt: skip
    key = house.key(Policy=text)
    assert house.kms("GetKeyPolicy", KeyId=key) == {"Policy": text, "PolicyName": "default"}
    assert house.kms("ListKeyPolicies", KeyId=key) == {"PolicyNames": ["default"], "Truncated": False}
    assert house.refused("GetKeyPolicy", KeyId=key, PolicyName="other")[0] == "NotFound"


def test_an_aws_managed_key_is_made_when_it_is_first_asked_for(house: KmsHouse) -> None:
    def listed() -> dict[str, Any]:
        return {alias["AliasName"]: alias for alias in house.kms("ListAliases")["Aliases"]}

    assert "TargetKeyId" not in listed()["alias/aws/s3"]
    found = house.describe("alias/aws/s3")
    assert found["KeyManager"] == "AWS"
    assert house.describe("alias/aws/s3")["KeyId"] == found["KeyId"] == listed()["alias/aws/s3"]["TargetKeyId"]
    for operation in ("DisableKey", "ScheduleKeyDeletion", "DisableKeyRotation"):
        assert house.refused(operation, KeyId=found["KeyId"])[0] == "AccessDenied"
    assert house.refused("Encrypt", KeyId="alias/aws/s3", Plaintext=b"x")[0] == "AccessDenied"
    house.via = "s3.us-east-1.amazonaws.com"
    assert house.kms("Encrypt", KeyId="alias/aws/s3", Plaintext=b"x")["KeyId"] == found["Arn"]
    house.via = "sqs.us-east-1.amazonaws.com"
    assert house.refused("Encrypt", KeyId="alias/aws/s3", Plaintext=b"x")[0] == "AccessDenied"


def test_an_id_that_was_wished_for_is_one_keys_only_and_fits_what_it_is(tmp_path: Path) -> None:
    house = KmsHouse(tmp_path)
    house.runtime = dataclasses.replace(house.runtime, development=True)

    def wish(id: str, material: str | None = None, by: str = ACCOUNT, **params: Any) -> tuple[str, str]:
        tags = [{"TagKey": "_custom_id_", "TagValue": id}]
        if material is not None:
            tags.append({"TagKey": "_custom_key_material_", "TagValue": material})
        return house.refused("CreateKey", by, Tags=tags, **params)

    try:
        one = "11111111-2222-4333-8444-555555555555"
        house.key(Tags=[{"TagKey": "_custom_id_", "TagValue": one}])
        assert wish(one) == wish(one, "00" * 32, OTHER) == ("AlreadyExists", f"Key {one} already exists")
        assert wish("mrk-" + "1" * 32)[0] == "Validation"
        assert wish("2" + one[1:], MultiRegion=True)[0] == "Validation"
        assert wish("2" + one[1:], "00" * 32, Origin="EXTERNAL")[0] == "Validation"
    finally:
        house.close()
