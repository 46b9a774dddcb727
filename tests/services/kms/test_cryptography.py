"""What is done with keys, as clients see it: interoperable, exact in what it refuses, and nothing opens by chance."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.kms.house import KmsHouse

RSA = {"KeySpec": "RSA_2048"}
P256 = {"KeySpec": "ECC_NIST_P256"}
contexts = st.dictionaries(st.text("abc=:,", max_size=3), st.text("abc=:,", max_size=3), max_size=3)


def public_key(house: KmsHouse, key: str) -> Any:
    return serialization.load_der_public_key(house.kms("GetPublicKey", KeyId=key)["PublicKey"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(made=contexts, asked=contexts)
def test_a_ciphertext_opens_with_its_own_context_alone(
    house: KmsHouse, made: dict[str, str], asked: dict[str, str]
) -> None:
    blob = house.kms("Encrypt", KeyId=_one(house), Plaintext=b"x", EncryptionContext=made)["CiphertextBlob"]
    if made == asked:
        assert house.kms("Decrypt", CiphertextBlob=blob, EncryptionContext=asked)["Plaintext"] == b"x"
    else:
        assert house.refused("Decrypt", CiphertextBlob=blob, EncryptionContext=asked) == ("InvalidCiphertext", "")


def _one(house: KmsHouse) -> str:
    found = [alias for alias in house.kms("ListAliases")["Aliases"] if alias["AliasName"] == "alias/one"]
    if not found:
        house.kms("CreateAlias", AliasName="alias/one", TargetKeyId=house.key())
    return "alias/one"


def test_no_byte_of_a_ciphertext_can_be_changed(house: KmsHouse) -> None:
    blob = house.kms("Encrypt", KeyId=house.key(), Plaintext=b"secret")["CiphertextBlob"]
    for n in range(len(blob)):
        changed = blob[:n] + bytes([blob[n] ^ 1]) + blob[n + 1 :]
        # Of the key that a changed id names nothing is told, not even that it is not there.
        assert house.refused("Decrypt", CiphertextBlob=changed)[0] in ("InvalidCiphertext", "AccessDenied")
    for cut in range(1, len(blob), 7):
        assert house.refused("Decrypt", CiphertextBlob=blob[:cut])[0] == "InvalidCiphertext"


def test_decryption_with_another_key_than_the_ciphertexts_is_refused(house: KmsHouse) -> None:
    key, other = house.key(), house.key()
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    said = ("IncorrectKey", "The key ID in the request does not identify a CMK that can perform this operation.")
    assert house.refused("Decrypt", CiphertextBlob=blob, KeyId=other) == said
    call: dict[str, Any] = {"CiphertextBlob": blob, "SourceKeyId": other, "DestinationKeyId": key}
    assert house.refused("ReEncrypt", **call) == said


def test_what_a_client_encrypted_with_the_public_key_alone_is_decrypted(house: KmsHouse) -> None:
    key = house.key(**RSA, KeyUsage="ENCRYPT_DECRYPT")
    for algorithm, digest, most in (
        ("RSAES_OAEP_SHA_1", hashes.SHA1(), 214),
        ("RSAES_OAEP_SHA_256", hashes.SHA256(), 190),
    ):
        blob = public_key(house, key).encrypt(b"x" * most, padding.OAEP(padding.MGF1(digest), digest, None))
        named: dict[str, Any] = {"KeyId": key, "EncryptionAlgorithm": algorithm}
        assert house.kms("Decrypt", CiphertextBlob=blob, **named)["Plaintext"] == b"x" * most
        assert len(house.kms("Encrypt", Plaintext=b"x", **named)["CiphertextBlob"]) == 256
        assert house.refused("Encrypt", Plaintext=b"x" * (most + 1), **named) == (
            "Validation",
            f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes.",
        )
        assert house.refused("Encrypt", Plaintext=b"x", EncryptionContext={"a": "b"}, **named)[0] == "Validation"
    assert house.refused("Decrypt", CiphertextBlob=blob, KeyId=key) == (
        "InvalidKeyUsage",
        "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.",
    )


def test_signatures_verify_outside_and_whatever_way_the_message_was_given(house: KmsHouse) -> None:
    key = house.key(**P256, KeyUsage="SIGN_VERIFY")
    message, digest = b"message", hashlib.sha256(b"message").digest()
    asked: dict[str, Any] = {"KeyId": key, "SigningAlgorithm": "ECDSA_SHA_256"}
    raw = house.kms("Sign", Message=message, **asked)
    public_key(house, key).verify(raw["Signature"], message, ec.ECDSA(hashes.SHA256()))
    verified = house.kms("Verify", Message=digest, MessageType="DIGEST", Signature=raw["Signature"], **asked)
    assert verified == {"KeyId": house.arn(key), "SignatureValid": True, "SigningAlgorithm": "ECDSA_SHA_256"}
    wrong: dict[str, Any] = {**asked, "Message": b"other", "Signature": raw["Signature"]}
    assert house.refused("Verify", **wrong) == ("KMSInvalidSignature", "")
    assert house.refused("Sign", Message=b"x" * 20, MessageType="DIGEST", **asked) == (
        "Validation",
        "Digest is invalid length for algorithm ECDSA_SHA_256.",
    )
    assert house.refused("Sign", KeyId=key, Message=b"x", SigningAlgorithm="ECDSA_SHA_384") == (
        "InvalidKeyUsage",
        "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.",
    )


def test_pss_takes_the_salt_length_of_the_digest_and_no_other(house: KmsHouse) -> None:
    key = house.key(**RSA, KeyUsage="SIGN_VERIFY")
    asked: dict[str, Any] = {"KeyId": key, "Message": b"x", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    signature = house.kms("Sign", **asked)["Signature"]
    public = public_key(house, key)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, b"x", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    assert house.kms("Verify", Signature=signature, **asked)["SignatureValid"] is True


def test_a_usage_is_not_another(house: KmsHouse) -> None:
    signs = house.key(**P256, KeyUsage="SIGN_VERIFY")
    assert house.refused("Encrypt", KeyId=signs, Plaintext=b"x") == (
        "InvalidKeyUsage",
        f"{house.arn(signs)} key usage is SIGN_VERIFY which is not valid for Encrypt.",
    )
    macs = house.key(KeySpec="HMAC_224", KeyUsage="GENERATE_VERIFY_MAC")
    assert house.refused("GenerateMac", KeyId=macs, Message=b"x", MacAlgorithm="HMAC_SHA_256") == (
        "InvalidKeyUsage",
        "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224.",
    )
    for key in (macs, house.key()):
        assert house.refused("GetPublicKey", KeyId=key)[0] == "UnsupportedOperation"


def test_macs_and_shared_secrets(house: KmsHouse) -> None:
    macs = house.key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    asked: dict[str, Any] = {"KeyId": macs, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    mac = house.kms("GenerateMac", **asked)["Mac"]
    assert house.kms("VerifyMac", Mac=mac, **asked)["MacValid"] is True
    assert house.refused("VerifyMac", Mac=mac[:-1] + b"!", **asked) == ("KMSInvalidMac", "")
    agrees = house.key(**P256, KeyUsage="KEY_AGREEMENT")
    mine = ec.generate_private_key(ec.SECP256R1())
    spki = mine.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    told = house.kms("DeriveSharedSecret", KeyId=agrees, KeyAgreementAlgorithm="ECDH", PublicKey=spki)
    assert told["SharedSecret"] == mine.exchange(ec.ECDH(), public_key(house, agrees))
    assert told["KeyOrigin"] == "AWS_KMS"
    bad: dict[str, Any] = {"KeyId": agrees, "KeyAgreementAlgorithm": "ECDH", "PublicKey": b"no key"}
    assert house.refused("DeriveSharedSecret", **bad) == ("Validation", "")
    kem = house.key(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE")
    made = house.kms("Encapsulate", KeyId=kem, EncapsulationAlgorithm="ML_KEM")
    opened = house.kms(
        "Decapsulate", KeyId=kem, EncapsulationAlgorithm="ML_KEM",
        SharedSecretCiphertextBlob=made["SharedSecretCiphertextBlob"],
    )  # fmt: skip
    assert opened["SharedSecret"] == made["SharedSecret"]
    short: dict[str, Any] = {"KeyId": kem, "EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": b"x"}
    assert house.refused("Decapsulate", **short)[0] == "InvalidCiphertext"


def test_data_keys_come_in_clear_and_under_the_key(house: KmsHouse) -> None:
    key = house.key()
    made = house.kms("GenerateDataKey", KeyId=key, KeySpec="AES_128", EncryptionContext={"a": "b"})
    opened = house.kms("Decrypt", CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == made["Plaintext"]
    assert (len(made["Plaintext"]), made["KeyMaterialId"]) == (16, house.describe(key)["CurrentKeyMaterialId"])
    assert "Plaintext" not in house.kms("GenerateDataKeyWithoutPlaintext", KeyId=key, NumberOfBytes=1024)
    both: dict[str, Any] = {"KeySpec": "AES_256", "NumberOfBytes": 1}
    for wrong in ({}, both):
        said = ("Validation", "Please specify either number of bytes or key spec.")
        assert house.refused("GenerateDataKey", KeyId=key, **wrong) == said
    for spec in ("RSA_2048", "ECC_NIST_P384", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "ML_KEM_768"):
        pair = house.kms("GenerateDataKeyPair", KeyId=key, KeyPairSpec=spec)
        private = house.kms("Decrypt", CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]
        assert private == pair["PrivateKeyPlaintext"]
        bare = house.kms("GenerateDataKeyPairWithoutPlaintext", KeyId=key, KeyPairSpec=spec)
        assert "PrivateKeyPlaintext" not in bare
    assert house.refused("GenerateDataKeyPair", KeyId=key, KeyPairSpec="SM2")[0] == "UnsupportedOperation"


def test_random_bytes(house: KmsHouse) -> None:
    assert len(house.kms("GenerateRandom", NumberOfBytes=32)["Plaintext"]) == 32
    assert house.refused("GenerateRandom") == ("Validation", "NumberOfBytes is required.")


@pytest.mark.parametrize("operation", ["Decrypt", "GenerateDataKey", "GenerateRandom"])
def test_an_enclave_is_refused_rather_than_answered_in_clear(house: KmsHouse, operation: str) -> None:
    key = house.key()
    params: dict[str, Any] = {
        "Decrypt": {"CiphertextBlob": house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]},
        "GenerateDataKey": {"KeyId": key, "KeySpec": "AES_256"},
        "GenerateRandom": {"NumberOfBytes": 8},
    }[operation]
    recipient: dict[str, Any] = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"x"}
    assert house.refused(operation, Recipient=recipient, **params)[0] == "UnsupportedOperation"


def test_a_dry_run_answers_with_an_error_either_way(house: KmsHouse) -> None:
    key, off = house.key(), house.key()
    house.kms("DisableKey", KeyId=off)
    said = ("DryRunOperation", "The request would have succeeded, but the DryRun option is set.")
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for operation, params in {
        "Encrypt": {"KeyId": key, "Plaintext": b"x"},
        "Decrypt": {"CiphertextBlob": blob},
        "GenerateDataKey": {"KeyId": key, "KeySpec": "AES_256"},
        "ReEncrypt": {"CiphertextBlob": blob, "DestinationKeyId": key},
    }.items():
        assert house.refused(operation, DryRun=True, **params) == said
    assert house.refused("Encrypt", KeyId=off, Plaintext=b"x", DryRun=True)[0] == "Disabled"
    assert house.refused("Decrypt", CiphertextBlob=blob + b"!", DryRun=True)[0] == "InvalidCiphertext"
    ignoring: dict[str, Any] = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    assert house.refused("Decrypt", KeyId=key, **ignoring) == said
    assert house.refused("ReEncrypt", SourceKeyId=key, DestinationKeyId=key, **ignoring) == said
    assert house.kms("GetKeyLastUsage", KeyId=key)["KeyLastUsage"]["Operation"] == "Encrypt"


def test_the_last_use_of_a_key_is_told_with_its_event(house: KmsHouse) -> None:
    key, other = house.key(), house.key()
    told = house.kms("GetKeyLastUsage", KeyId=key)
    assert told == {
        "KeyId": house.arn(key), "KeyLastUsage": {}, "TrackingStartDate": told["KeyCreationDate"],
        "KeyCreationDate": told["KeyCreationDate"],
    }  # fmt: skip
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    house.clock.advance(5)
    house.kms("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=other)
    assert house.last is not None
    used = {
        "Operation": "ReEncrypt", "Timestamp": house.clock.now(), "CloudTrailEventId": house.last.event_id,
        "KmsRequestId": house.last.request_id,
    }  # fmt: skip
    for one in (key, other):
        assert house.kms("GetKeyLastUsage", KeyId=one)["KeyLastUsage"] == used


def test_context_and_key_make_no_oracle(house: KmsHouse) -> None:
    """A wrong context, a wrong tag and unknown material answer alike."""
    key = house.key()
    blob = house.kms("Encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
    answers = {
        json.dumps(house.refused("Decrypt", CiphertextBlob=one, EncryptionContext=context))
        for one, context in (
            (blob, {}),
            (blob[:-1] + bytes([blob[-1] ^ 1]), {"a": "b"}),
            (blob[:20] + os.urandom(32) + blob[52:], {"a": "b"}),
        )
    }
    assert answers == {json.dumps(("InvalidCiphertext", ""))}
