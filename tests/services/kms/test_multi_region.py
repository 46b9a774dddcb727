"""Multi-Region keys: replicas, primaries, and what they share."""

from __future__ import annotations

import json

from tests.services.kms.house import ACCOUNT, KmsHouse

EU, AP = "eu-west-1", "ap-southeast-2"


def test_a_replica_opens_what_the_primary_encrypted_and_has_a_life_of_its_own(house: KmsHouse) -> None:
    key = house.key(MultiRegion=True, Description="primary")
    assert key.startswith("mrk-")
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
    assert house.refused("Decrypt", CiphertextBlob=blob, region=EU)[0] == "AccessDenied"
    tags = [{"TagKey": "a", "TagValue": "b"}]
    made = house.kms("ReplicateKey", KeyId=key, ReplicaRegion=EU, Tags=tags)
    assert made["ReplicaKeyMetadata"]["KeyState"] == "Creating"
    assert (made["ReplicaTags"], json.loads(made["ReplicaPolicy"])["Id"]) == (tags, "key-default-1")
    configuration = house.describe(key)["MultiRegionConfiguration"]
    assert configuration == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": {"Arn": house.arn(key), "Region": "us-east-1"},
        "ReplicaKeys": [{"Arn": house.arn(key, region=EU), "Region": EU}],
    }
    there = house.describe(key, region=EU)
    assert there["MultiRegionConfiguration"] == {**configuration, "MultiRegionKeyType": "REPLICA"}
    assert (there["Description"], there["KeyState"]) == ("", "Enabled")
    house.kms("DisableKey", KeyId=key)
    opened = house.kms("Decrypt", CiphertextBlob=blob, EncryptionContext={"a": "b"}, region=EU)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", house.arn(key, region=EU))
    back = house.kms("Encrypt", KeyId=key, Plaintext=b"y", region=EU)["CiphertextBlob"]
    house.kms("EnableKey", KeyId=key)
    assert house.kms("Decrypt", CiphertextBlob=back)["Plaintext"] == b"y"


def test_replicas_are_made_of_the_primary_and_once_for_each_region(house: KmsHouse) -> None:
    single, key = house.key(), house.key(MultiRegion=True)
    said = f"{house.arn(single)} is not a multi-region primary key."
    assert house.refused("ReplicateKey", KeyId=single, ReplicaRegion=EU) == ("UnsupportedOperation", said)
    house.kms("ReplicateKey", KeyId=key, ReplicaRegion=EU)
    assert house.refused("ReplicateKey", KeyId=key, ReplicaRegion=EU)[0] == "AlreadyExists"
    assert house.refused("ReplicateKey", KeyId=key, ReplicaRegion="us-east-1")[0] == "AlreadyExists"
    assert house.refused("ReplicateKey", KeyId=key, ReplicaRegion=AP, region=EU)[0] == "UnsupportedOperation"


def test_a_primary_waits_for_its_replicas_before_it_is_deleted(house: KmsHouse) -> None:
    key = house.key(MultiRegion=True)
    house.kms("ReplicateKey", KeyId=key, ReplicaRegion=EU)
    answer = house.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=10)
    assert answer == {"KeyId": house.arn(key), "KeyState": "PendingReplicaDeletion", "PendingWindowInDays": 10}
    shown = house.describe(key)
    assert (shown["KeyState"], shown["PendingDeletionWindowInDays"]) == ("PendingReplicaDeletion", 10)
    assert "DeletionDate" not in shown
    house.days(20)
    assert house.describe(key)["KeyState"] == "PendingReplicaDeletion"
    house.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7, region=EU)
    house.days(7.1)
    assert house.refused("DescribeKey", KeyId=key, region=EU)[0] == "NotFound"
    shown = house.describe(key)
    assert (shown["KeyState"], shown["MultiRegionConfiguration"]["ReplicaKeys"]) == ("PendingDeletion", [])
    house.days(10.1)
    assert house.refused("DescribeKey", KeyId=key)[0] == "NotFound"


def test_the_primary_moves_to_a_region_that_has_a_replica(house: KmsHouse) -> None:
    key = house.key(MultiRegion=True)
    assert house.refused("UpdatePrimaryRegion", KeyId=key, PrimaryRegion=EU)[0] == "NotFound"
    for region in (EU, AP):
        house.kms("ReplicateKey", KeyId=key, ReplicaRegion=region)
    house.kms("UpdatePrimaryRegion", KeyId=key, PrimaryRegion=EU)
    for region in ("us-east-1", EU, AP):
        shown = house.describe(key, region=region)["MultiRegionConfiguration"]
        assert shown["PrimaryKey"]["Region"] == EU
        assert shown["MultiRegionKeyType"] == ("PRIMARY" if region == EU else "REPLICA")
    assert house.refused("UpdatePrimaryRegion", KeyId=key, PrimaryRegion=AP)[0] == "UnsupportedOperation"
    house.kms("ReplicateKey", KeyId=key, ReplicaRegion="us-west-2", region=EU)


def test_moving_the_primary_needs_permission_in_both_regions(house: KmsHouse) -> None:
    key = house.key(MultiRegion=True)
    house.kms("ReplicateKey", KeyId=key, ReplicaRegion=EU)
    here, there = house.arn(key), house.arn(key, region=EU)
    for n, allowed in enumerate(([here], [there], [here, there])):
        one = house.user(
            ACCOUNT, f"mover{n}", {"Effect": "Allow", "Action": "kms:UpdatePrimaryRegion", "Resource": allowed}
        )
        if len(allowed) == 2:
            house.kms("UpdatePrimaryRegion", by=one, KeyId=key, PrimaryRegion=EU)
        else:
            assert house.refused("UpdatePrimaryRegion", by=one, KeyId=key, PrimaryRegion=EU)[0] == "AccessDenied"
