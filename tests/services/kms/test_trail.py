"""What CloudTrail records say of KMS: the key and the context, never what was encrypted."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.gateway.errors import spoken
from garrison.trail.event import events
from garrison.trail.log import Trail
from tests.services.kms.house import ACCOUNT, OTHER, KmsHouse

SECRET = b"what nobody may read"


def recorded(house: KmsHouse, operation: str, by: Any = None, **params: Any) -> list[dict[str, Any]]:
    """The records of a call, one for each account that gets one."""
    output: dict[str, Any] | None = None
    error: AwsError | None = None
    try:
        output = house.kms(operation, by, **params)
    except AwsError as e:
        error = spoken(e, "json")
    assert house.last is not None
    entries = events(house.last, output=output, error=error, additional=house.last.noted or None)
    return [json.loads(entry.event) for entry in entries]


def test_a_use_is_recorded_with_its_key_and_context_and_without_its_data(house: KmsHouse) -> None:
    key = house.key()
    house.kms("CreateAlias", AliasName="alias/recorded", TargetKeyId=key)
    context = {"tenant": "blue"}
    (event,) = recorded(house, "Encrypt", KeyId="alias/recorded", Plaintext=SECRET, EncryptionContext=context)
    assert event["requestParameters"] == {"keyId": "alias/recorded", "encryptionContext": context}
    assert (event["responseElements"], event["readOnly"], event["eventCategory"]) == (None, True, "Management")
    assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": house.arn(key)}]
    assert event["additionalEventData"] == {"keyMaterialId": house.describe(key)["CurrentKeyMaterialId"]}
    blob = house.kms("Encrypt", KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    (event,) = recorded(house, "Decrypt", CiphertextBlob=blob)
    assert (event["requestParameters"], event["resources"][0]["ARN"]) == ({}, house.arn(key))
    other = house.key()
    (event,) = recorded(house, "ReEncrypt", CiphertextBlob=blob, DestinationKeyId=other)
    assert [resource["ARN"] for resource in event["resources"]] == [house.arn(key), house.arn(other)]


@pytest.mark.parametrize(
    ("spec", "usage", "operation", "params"),
    [
        ("ECC_NIST_P256", "SIGN_VERIFY", "Sign", {"Message": SECRET, "SigningAlgorithm": "ECDSA_SHA_256"}),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "GenerateMac", {"Message": SECRET, "MacAlgorithm": "HMAC_SHA_256"}),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "GenerateDataKey", {"NumberOfBytes": 16}),
    ],
)
def test_messages_and_data_keys_stay_out_of_the_record(
    house: KmsHouse, spec: str, usage: str, operation: str, params: dict[str, Any]
) -> None:
    key = house.key(KeySpec=spec, KeyUsage=usage)
    (event,) = recorded(house, operation, KeyId=key, **params)
    shown = {name[0].lower() + name[1:]: value for name, value in params.items() if name != "Message"}
    assert event["requestParameters"] == {"keyId": key, **shown}
    assert event["responseElements"] is None


def test_a_grant_is_recorded_by_its_id_and_a_token_never(house: KmsHouse) -> None:
    key = house.key()
    asked: dict[str, Any] = {"KeyId": key, "GranteePrincipal": ACCOUNT, "Operations": ["DescribeKey"]}
    (event,) = recorded(house, "CreateGrant", **asked)
    assert set(event["responseElements"]) == {"grantId"}
    made = house.kms("CreateGrant", **asked)
    (event,) = recorded(house, "RetireGrant", GrantToken=made["GrantToken"])
    assert made["GrantToken"] not in json.dumps(event)
    assert event["additionalEventData"] == {"grantId": made["GrantId"]}


def test_a_new_key_is_in_its_own_record(house: KmsHouse) -> None:
    (event,) = recorded(house, "CreateKey")
    arn = event["responseElements"]["keyMetadata"]["arn"]
    assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]


def test_a_denied_call_is_recorded_without_its_parameters(house: KmsHouse) -> None:
    one = house.user(ACCOUNT, "denied")
    (event,) = recorded(house, "Encrypt", by=one, KeyId=house.key(), Plaintext=SECRET)
    assert (event["errorCode"], event["requestParameters"]) == ("AccessDenied", None)


def test_the_owner_of_a_key_sees_who_of_another_account_used_it(house: KmsHouse) -> None:
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [ACCOUNT, OTHER]}, "Action": "kms:*", "Resource": "*"},
    ]}  # fmt: skip
    key = house.arn(house.key(Policy=json.dumps(policy)))
    theirs, ours = recorded(house, "Encrypt", by=OTHER, KeyId=key, Plaintext=SECRET)
    assert [event["recipientAccountId"] for event in (theirs, ours)] == [OTHER, ACCOUNT]
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    blob = house.kms("Encrypt", KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    assert len(recorded(house, "Decrypt", by=OTHER, CiphertextBlob=blob)) == 2


def test_what_kms_does_by_itself_is_recorded_as_a_service_event(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = tmp_path_factory.mktemp("events")
    house = KmsHouse(directory)
    trail = Trail(house.store, directory)
    house.runtime = dataclasses.replace(house.runtime, trail=trail)
    try:
        key = house.key()
        house.kms("EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
        house.days(91)
        house.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
        house.days(8)
        found = [json.loads(event) for event in house.store.events(account=ACCOUNT)]
        said = [(event["eventName"], event["eventType"], event["serviceEventDetails"]["keyId"]) for event in found]
        assert said == [("DeleteKey", "AwsServiceEvent", key), ("RotateKey", "AwsServiceEvent", key)]
        assert found[0]["userIdentity"] == {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}
    finally:
        trail.close()
        house.close()
