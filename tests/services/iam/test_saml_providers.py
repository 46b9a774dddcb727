"""SAML providers: metadata that is really read, private keys, and how they are changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from garrison.services.iam.saml_metadata import read_metadata
from tests.services.iam.conftest import ACCOUNT, NOW, Iam
from tests.services.sts.oidc_issuer import rsa_key
from tests.services.sts.saml_idp import ENTITY, certificate, metadata

ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
GOOD = metadata(certificate("first", NOW))


def pem(key: Any) -> str:
    text: str = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return text


@pytest.fixture
def made(iam: Iam) -> str:
    arn: str = iam.run("CreateSAMLProvider", Name="Corp", SAMLMetadataDocument=GOOD)["SAMLProviderArn"]
    return arn


def test_a_provider_gives_back_its_metadata(iam: Iam, made: str) -> None:
    assert made == ARN
    answer = iam.run("GetSAMLProvider", SAMLProviderArn=ARN)
    assert answer["SAMLMetadataDocument"] == GOOD
    assert answer["CreateDate"] == NOW
    assert datetime.fromtimestamp(answer["ValidUntil"], UTC).year == datetime.fromtimestamp(NOW, UTC).year + 100
    assert len(answer["SAMLProviderUUID"]) == 24
    assert not answer.keys() & {"AssertionEncryptionMode", "PrivateKeyList"}
    listed = iam.run("ListSAMLProviders")["SAMLProviderList"]
    assert listed == [{"Arn": ARN, "ValidUntil": answer["ValidUntil"], "CreateDate": NOW}]
    assert iam.run("GetAccountSummary")["SummaryMap"]["Providers"] == 1


def test_metadata_says_who_signs_how_and_until_when() -> None:
    two = metadata(
        certificate("first", NOW), certificate("second", NOW), attributes='validUntil="2030-01-01T00:00:00Z"'
    )
    read = read_metadata(two)
    assert read.entity_id == ENTITY
    assert len(read.certificates) == 2
    assert read.valid_until == datetime(2030, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "document",
    [
        "x" * 1000,
        "<a/>".ljust(1000),
        GOOD.replace("IDPSSODescriptor", "SPSSODescriptor"),
        GOOD.replace(f'entityID="{ENTITY}"', ""),
        GOOD.replace('use="signing"', 'use="encryption"'),
        GOOD.replace("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"),
        metadata(),
        metadata(certificate("first", NOW), attributes='validUntil="soon"'),
        metadata(certificate("first", NOW), head='<!DOCTYPE x [<!ENTITY a "b">]>'),
        metadata(certificate("first", NOW), head='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
    ],
)
def test_what_is_no_metadata_of_an_identity_provider_is_refused(iam: Iam, made: str, document: str) -> None:
    create: dict[str, Any] = {"Name": "Other"}
    update: dict[str, Any] = {"SAMLProviderArn": ARN}
    for operation, name in (("CreateSAMLProvider", create), ("UpdateSAMLProvider", update)):
        code, message = iam.refused(operation, SAMLMetadataDocument=document, **name)
        assert code == "InvalidInput"
        assert message.startswith("Could not parse metadata")


def test_names_are_taken_regardless_of_case(iam: Iam, made: str) -> None:
    assert iam.refused("CreateSAMLProvider", Name="corp", SAMLMetadataDocument=GOOD)[0] == "EntityAlreadyExists"


def test_private_keys_are_two_at_most_and_never_shown(iam: Iam, made: str) -> None:
    one, two = pem(rsa_key("first")), pem(rsa_key("second"))
    iam.run("UpdateSAMLProvider", SAMLProviderArn=ARN, AddPrivateKey=one, AssertionEncryptionMode="Required")
    iam.run("UpdateSAMLProvider", SAMLProviderArn=ARN, AddPrivateKey=two)
    answer = iam.run("GetSAMLProvider", SAMLProviderArn=ARN)
    assert answer["AssertionEncryptionMode"] == "Required"
    assert [set(key) for key in answer["PrivateKeyList"]] == [{"KeyId", "Timestamp"}] * 2
    assert iam.refused("UpdateSAMLProvider", SAMLProviderArn=ARN, AddPrivateKey=one) == (
        "LimitExceeded",
        "Private key limit of 2 is reached.",
    )
    first, second = (key["KeyId"] for key in answer["PrivateKeyList"])
    iam.run("UpdateSAMLProvider", SAMLProviderArn=ARN, RemovePrivateKey=first)
    code, message = iam.refused("UpdateSAMLProvider", SAMLProviderArn=ARN, RemovePrivateKey=first)
    assert message == "Failed to remove private key because the Key ID does not match a private key."
    code, message = iam.refused("UpdateSAMLProvider", SAMLProviderArn=ARN, RemovePrivateKey=second)
    assert code == "InvalidInput"
    assert "Required" in message


def test_private_keys_are_rsa_keys(iam: Iam, made: str) -> None:
    for text in ("x", pem(ec.generate_private_key(ec.SECP256R1()))):
        answer = iam.refused("UpdateSAMLProvider", SAMLProviderArn=ARN, AddPrivateKey=text)
        assert answer == ("InvalidInput", "Invalid private key.")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Unable to update identity provider. No updates are defined for metadata or encryption assertion."),
        (
            {"AddPrivateKey": "x", "RemovePrivateKey": "A" * 24},
            "Unable to add and remove private keys in the same request. "
            "Set a value for only one of the two parameters.",
        ),
        (
            {"AssertionEncryptionMode": "Required"},
            "Unable to set assertion encryption mode to Required because no private key is provided.",
        ),
    ],
)
def test_updates_that_make_no_sense_are_refused(iam: Iam, made: str, params: dict[str, Any], message: str) -> None:
    assert iam.refused("UpdateSAMLProvider", SAMLProviderArn=ARN, **params) == ("InvalidInput", message)


def test_tags_come_and_go(iam: Iam, made: str) -> None:
    iam.run("TagSAMLProvider", SAMLProviderArn=ARN, Tags=[{"Key": "Team", "Value": "red"}])
    assert iam.run("ListSAMLProviderTags", SAMLProviderArn=ARN)["Tags"] == [{"Key": "Team", "Value": "red"}]
    iam.run("UntagSAMLProvider", SAMLProviderArn=ARN, TagKeys=["team"])
    assert iam.run("GetSAMLProvider", SAMLProviderArn=ARN)["Tags"] == []


def test_a_deleted_provider_is_gone(iam: Iam, made: str) -> None:
    iam.run("DeleteSAMLProvider", SAMLProviderArn=ARN)
    for operation in ("DeleteSAMLProvider", "GetSAMLProvider"):
        assert iam.refused(operation, SAMLProviderArn=ARN) == ("NoSuchEntity", f"Manifest not found for arn {ARN}")
    assert iam.refused("GetSAMLProvider", SAMLProviderArn="x" * 20)[0] == "InvalidInput"
