"""Every condition key of KMS, live: with the right value in a policy a call goes on, with another it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.policy.principal import User
from tests.services.kms.house import ACCOUNT, KmsHouse

EC = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}
SIGNS = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
HMAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
KEM = {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}
EXTERNAL = {"Origin": "EXTERNAL"}
MRK = {"MultiRegion": True}
TOKEN = {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}

ENCRYPT = ("Encrypt", {"Plaintext": b"x"})
GRANT: tuple[str, dict[str, Any]] = ("CreateGrant", {"GranteePrincipal": ACCOUNT, "Operations": ["Encrypt"]})

CASES: list[tuple[str, str, tuple[str, dict[str, Any]], dict[str, Any]]] = [
    # (condition key, value, call, the key it is about)
    ("kms:CallerAccount", ACCOUNT, ENCRYPT, {}),
    ("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", ENCRYPT, {}),
    ("kms:KeyOrigin", "AWS_KMS", ENCRYPT, {}),
    ("kms:KeySpec", "SYMMETRIC_DEFAULT", ENCRYPT, {}),
    ("kms:KeyUsage", "ENCRYPT_DECRYPT", ENCRYPT, {}),
    ("kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT", ENCRYPT, {}),
    ("kms:CustomerMasterKeyUsage", "ENCRYPT_DECRYPT", ENCRYPT, {}),
    ("kms:MultiRegion", "false", ENCRYPT, {}),
    ("kms:MultiRegion", "true", ENCRYPT, MRK),
    ("kms:MultiRegionKeyType", "PRIMARY", ENCRYPT, MRK),
    ("kms:EncryptionContext:Team", "blue", ("Encrypt", {"Plaintext": b"x", "EncryptionContext": {"team": "blue"}}), {}),
    ("kms:EncryptionContextKeys", "Team", ("Encrypt", {"Plaintext": b"x", "EncryptionContext": {"Team": "a"}}), {}),
    ("kms:MessageType", "RAW", ("Sign", {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}), SIGNS),
    ("kms:SigningAlgorithm", "ECDSA_SHA_256", ("Sign", {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}), SIGNS),
    ("kms:MacAlgorithm", "HMAC_SHA_256", ("GenerateMac", {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}), HMAC),
    ("kms:EncapsulationAlgorithm", "ML_KEM", ("Encapsulate", {"EncapsulationAlgorithm": "ML_KEM"}), KEM),
    ("kms:KeyAgreementAlgorithm", "ECDH",
     ("DeriveSharedSecret", {"KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"}), EC),
    ("kms:DataKeyPairSpec", "ECC_NIST_P256", ("GenerateDataKeyPair", {"KeyPairSpec": "ECC_NIST_P256"}), {}),
    ("kms:GrantOperations", "Encrypt", GRANT, {}),
    ("kms:GranteePrincipal", ACCOUNT, GRANT, {}),
    ("kms:GrantIsForAWSResource", "false", GRANT, {}),
    ("kms:RetiringPrincipal", ACCOUNT, ("CreateGrant", {**GRANT[1], "RetiringPrincipal": ACCOUNT}), {}),
    ("kms:GrantConstraintType", "EncryptionContextEquals",
     ("CreateGrant", {**GRANT[1], "Constraints": {"EncryptionContextEquals": {"a": "b"}}}), {}),
    ("kms:EncryptionContext:a", "b",
     ("CreateGrant", {**GRANT[1], "Constraints": {"EncryptionContextEquals": {"a": "b"}}}), {}),
    ("kms:GrantConstraintSourceArn", "arn:aws:s3:::b",
     ("CreateGrant", {**GRANT[1], "Constraints": {"SourceArn": "arn:aws:s3:::b"}}), {}),
    ("kms:GranteeServicePrincipal", "s3.amazonaws.com",
     ("CreateGrant", {"GranteeServicePrincipal": "s3.amazonaws.com", "Operations": ["Encrypt"],
                      "RetiringPrincipal": ACCOUNT, "Constraints": {"SourceArn": "arn:aws:s3:::b"}}), {}),
    ("kms:RetiringServicePrincipal", "s3.amazonaws.com",
     ("CreateGrant", {**GRANT[1], "RetiringServicePrincipal": "s3.amazonaws.com"}), {}),
    ("kms:BypassPolicyLockoutSafetyCheck", "true",
     ("PutKeyPolicy", {"Policy": None, "BypassPolicyLockoutSafetyCheck": True}), {}),
    ("kms:RotationPeriodInDays", "100", ("EnableKeyRotation", {"RotationPeriodInDays": 100}), {}),
    ("kms:ScheduleKeyDeletionPendingWindowInDays", "7", ("ScheduleKeyDeletion", {"PendingWindowInDays": 7}), {}),
    ("kms:ScheduleKeyDeletionPendingWindowInDays", "30", ("ScheduleKeyDeletion", {}), {}),
    ("kms:TrailingDaysWithoutKeyUsage", "0", ("DisableKey", {}), {}),
    ("kms:ReplicaRegion", "eu-west-1", ("ReplicateKey", {"ReplicaRegion": "eu-west-1"}), MRK),
    ("kms:WrappingAlgorithm", "RSAES_OAEP_SHA_256",
     ("GetParametersForImport", {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}), EXTERNAL),
    ("kms:WrappingKeySpec", "RSA_2048",
     ("GetParametersForImport", {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}), EXTERNAL),
    ("kms:ExpirationModel", "KEY_MATERIAL_DOES_NOT_EXPIRE",
     ("ImportKeyMaterial", {**TOKEN, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}), EXTERNAL),
    ("aws:ResourceTag/team", "blue", ENCRYPT, {"Tags": [{"TagKey": "team", "TagValue": "blue"}]}),
    ("aws:RequestTag/team", "blue", ("TagResource", {"Tags": [{"TagKey": "team", "TagValue": "blue"}]}), {}),
    ("aws:TagKeys", "team", ("UntagResource", {"TagKeys": ["team"]}), {}),
]  # fmt: skip

_names = iter(range(1000))


def _policy(house: KmsHouse, one: User, key: str, value: str) -> str:
    manages = {
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*",
    }  # fmt: skip
    many = key in ("kms:EncryptionContextKeys", "kms:GrantOperations", "kms:GrantConstraintType", "aws:TagKeys")
    operator = "ForAnyValue:StringEquals" if many else "StringEquals"
    used = {
        "Effect": "Allow", "Principal": {"AWS": one.arn}, "Action": "kms:*", "Resource": "*",
        "Condition": {operator: {key: value}},
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [manages, used]})


@pytest.mark.parametrize(("condition", "value", "call", "made"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_a_condition_key_decides(
    house: KmsHouse, condition: str, value: str, call: tuple[str, dict[str, Any]], made: dict[str, Any]
) -> None:
    one = house.user(ACCOUNT, f"conditioned{next(_names)}")
    key = house.key(**made)
    operation, params = call[0], {"KeyId": key, **call[1]}
    if "Policy" in params:
        params["Policy"] = house.kms("GetKeyPolicy", KeyId=key)["Policy"]
    house.kms("PutKeyPolicy", KeyId=key, Policy=_policy(house, one, condition, "something else"))
    assert house.refused(operation, by=one, **params)[0] == "AccessDenied"
    house.kms("PutKeyPolicy", KeyId=key, Policy=_policy(house, one, condition, value))
    if operation == "ReplicateKey":
        # What it makes needs kms:CreateKey, which only IAM policies give.
        assert "kms:CreateKey" in house.refused(operation, by=one, **params)[1]
        return
    try:
        house.kms(operation, by=one, **params)
    except AwsError as e:
        # The call went on, and failed for what it asked.
        if e.code.startswith("AccessDenied"):
            raise


def test_request_alias_is_the_name_even_where_an_arn_was_sent(house: KmsHouse) -> None:
    one, key = house.user(ACCOUNT, "by-alias"), house.key()
    house.kms("CreateAlias", AliasName="alias/asked", TargetKeyId=key)
    house.kms("PutKeyPolicy", KeyId=key, Policy=_policy(house, one, "kms:RequestAlias", "alias/asked"))
    for name in ("alias/asked", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/asked"):
        assert house.kms("Encrypt", by=one, KeyId=name, Plaintext=b"x")
    assert house.refused("Encrypt", by=one, KeyId=key, Plaintext=b"x")[0] == "AccessDenied"


def test_re_encrypt_on_same_key_tells_whether_it_is_the_same(house: KmsHouse) -> None:
    one, key, other = house.user(ACCOUNT, "same"), house.key(), house.key()
    for k in (key, other):
        house.kms("PutKeyPolicy", KeyId=k, Policy=_policy(house, one, "kms:ReEncryptOnSameKey", "true"))
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert house.kms("ReEncrypt", by=one, CiphertextBlob=blob, DestinationKeyId=key)
    assert house.refused("ReEncrypt", by=one, CiphertextBlob=blob, DestinationKeyId=other)[0] == "AccessDenied"


def test_only_a_service_inside_can_say_that_it_calls_for_somebody(house: KmsHouse) -> None:
    one, key = house.user(ACCOUNT, "via"), house.key()
    service = "ssm.us-east-1.amazonaws.com"
    house.kms("PutKeyPolicy", KeyId=key, Policy=_policy(house, one, "kms:ViaService", service))
    assert house.refused("Encrypt", by=one, KeyId=key, Plaintext=b"x")[0] == "AccessDenied"
    house.via = service
    assert house.kms("Encrypt", by=one, KeyId=key, Plaintext=b"x")
    house.kms("PutKeyPolicy", KeyId=key, Policy=_policy(house, one, "kms:GrantIsForAWSResource", "true"))
    assert house.kms("CreateGrant", by=one, KeyId=key, GranteePrincipal=ACCOUNT, Operations=["Encrypt"])
    house.via = None
    asked: dict[str, Any] = {"KeyId": key, "GranteePrincipal": ACCOUNT, "Operations": ["Encrypt"]}
    assert house.refused("CreateGrant", by=one, **asked)[0] == "AccessDenied"


def test_creating_a_key_is_decided_by_what_is_asked_for(house: KmsHouse) -> None:
    for condition, value, params in (
        ("kms:KeySpec", "ECC_NIST_P256", SIGNS),
        ("kms:KeyUsage", "SIGN_VERIFY", SIGNS),
        ("kms:KeyOrigin", "EXTERNAL", EXTERNAL),
        ("kms:MultiRegion", "true", MRK),
        ("kms:KeySpec", "SYMMETRIC_DEFAULT", {}),
        ("kms:KeyOrigin", "AWS_KMS", {}),
        ("kms:MultiRegion", "false", {}),
        ("kms:KeyUsage", "ENCRYPT_DECRYPT", {}),
    ):
        allow = {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}
        one = house.user(ACCOUNT, f"maker{next(_names)}", {**allow, "Condition": {"StringEquals": {condition: value}}})
        assert house.kms("CreateKey", by=one, **params), condition
        other = house.user(ACCOUNT, f"maker{next(_names)}", {**allow, "Condition": {"StringEquals": {condition: "-"}}})
        assert house.refused("CreateKey", by=other, **params)[0] == "AccessDenied"
