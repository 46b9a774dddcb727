"""Server and signing certificates, SSH keys, service-specific credentials."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from typing import Any

import pytest

from garrison.access.resources import facts
from garrison.aws.reference import resolve
from garrison.services.iam.credentials import SERVER_CERTIFICATE
from tests.services.iam.certificates import certificate, ec_key, pem_key, pem_public, ssh_line
from tests.services.iam.conftest import ACCOUNT, NOW, Iam


def upload(iam: Iam, name: str = "web", **params: Any) -> dict[str, Any]:
    given = {"CertificateBody": certificate(0, issuer=1), "PrivateKey": pem_key(ec_key(0)), **params}
    return iam.run("UploadServerCertificate", ServerCertificateName=name, **given)


def test_a_server_certificate_is_kept_with_its_end_and_without_showing_its_key(iam: Iam) -> None:
    answer = upload(iam, Path="/lb/", CertificateChain=certificate(1), Tags=[{"Key": "a", "Value": "b"}])
    metadata = answer["ServerCertificateMetadata"]
    assert metadata["Arn"] == f"arn:aws:iam::{ACCOUNT}:server-certificate/lb/web"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    assert metadata["Expiration"] == int(NOW) + 365 * 86400
    assert answer["Tags"] == [{"Key": "a", "Value": "b"}]
    shown = iam.run("GetServerCertificate", ServerCertificateName="WEB")["ServerCertificate"]
    assert shown["CertificateBody"] == certificate(0, issuer=1).strip()
    assert set(shown) == {"ServerCertificateMetadata", "CertificateBody", "CertificateChain", "Tags"}
    assert iam.run("ListServerCertificates", PathPrefix="/lb/")["ServerCertificateMetadataList"] == [metadata]
    assert iam.run("ListServerCertificates", PathPrefix="/x/")["ServerCertificateMetadataList"] == []
    with iam.runtime.store.reading() as reader:
        row = reader.get(SERVER_CERTIFICATE, ACCOUNT, "web")
    assert row is not None
    assert b"PRIVATE" not in row.body.sealed_key
    assert iam.run("GetAccountSummary")["SummaryMap"]["ServerCertificates"] == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"CertificateBody": "nonsense"}, "MalformedCertificate"),
        ({"CertificateBody": certificate(0) + certificate(1)}, "MalformedCertificate"),
        ({"PrivateKey": "nonsense"}, "MalformedCertificate"),
        ({"PrivateKey": pem_key(ec_key(1))}, "KeyPairMismatch"),
        ({"CertificateChain": certificate(2)}, "MalformedCertificate"),
        ({"CertificateChain": "nonsense"}, "MalformedCertificate"),
    ],
)
def test_what_does_not_fit_together_is_refused(iam: Iam, params: dict[str, str], code: str) -> None:
    given: dict[str, Any] = {"CertificateBody": certificate(0, issuer=1), "PrivateKey": pem_key(ec_key(0)), **params}
    assert iam.refused("UploadServerCertificate", ServerCertificateName="web", **given)[0] == code


def test_server_certificates_are_renamed_tagged_and_deleted(iam: Iam) -> None:
    upload(iam)
    upload(iam, "other")
    iam.run("UpdateServerCertificate", ServerCertificateName="web", NewServerCertificateName="site", NewPath="/a/")
    assert iam.refused("UpdateServerCertificate", ServerCertificateName="site", NewServerCertificateName="OTHER") == (
        "EntityAlreadyExists",
        "The Server Certificate with name OTHER already exists.",
    )
    iam.run("TagServerCertificate", ServerCertificateName="site", Tags=[{"Key": "k", "Value": "v"}])
    iam.run("UntagServerCertificate", ServerCertificateName="site", TagKeys=["K"])
    assert iam.run("ListServerCertificateTags", ServerCertificateName="site")["Tags"] == []
    call = iam.call("DeleteServerCertificate", ServerCertificateName="site")
    (check,) = resolve("iam", call.operation, call.params, account=ACCOUNT, region="us-east-1", partition="aws")
    with iam.runtime.store.reading() as reader:
        assert facts(reader, call, check).arn == f"arn:aws:iam::{ACCOUNT}:server-certificate/a/site"
    iam.run("DeleteServerCertificate", ServerCertificateName="site")
    assert iam.refused("GetServerCertificate", ServerCertificateName="site") == (
        "NoSuchEntity",
        "The Server Certificate with name site cannot be found.",
    )


def test_a_user_has_two_signing_certificates_and_nobody_the_same(iam: Iam) -> None:
    iam.user("ana")
    iam.user("bob")
    one = iam.run("UploadSigningCertificate", UserName="ana", CertificateBody=certificate(0))["Certificate"]
    assert one["Status"] == "Active"
    refused = iam.refused("UploadSigningCertificate", UserName="bob", CertificateBody=certificate(0))
    assert refused[0] == "DuplicateCertificate"
    iam.run("UploadSigningCertificate", UserName="ana", CertificateBody=certificate(1))
    assert iam.refused("UploadSigningCertificate", UserName="ana", CertificateBody=certificate(2)) == (
        "LimitExceeded",
        "Cannot exceed quota for CertificatesPerUser: 2",
    )
    iam.run("UpdateSigningCertificate", UserName="ana", CertificateId=one["CertificateId"], Status="Inactive")
    shown = iam.run("ListSigningCertificates", UserName="ana")["Certificates"]
    assert sorted(row["Status"] for row in shown) == ["Active", "Inactive"]
    assert iam.refused("DeleteUser", UserName="ana")[0] == "DeleteConflict"
    for row in shown:
        iam.run("DeleteSigningCertificate", UserName="ana", CertificateId=row["CertificateId"])
    iam.run("DeleteUser", UserName="ana")
    iam.run("UploadSigningCertificate", UserName="bob", CertificateBody=shown[0]["CertificateBody"])


def test_the_same_signing_certificate_is_a_duplicate(iam: Iam) -> None:
    iam.user("ana")
    body = certificate(0)
    iam.run("UploadSigningCertificate", UserName="ana", CertificateBody=body)
    assert iam.refused("UploadSigningCertificate", UserName="ana", CertificateBody=body)[0] == "DuplicateCertificate"
    expired = certificate(1, days=-1)
    assert iam.refused("UploadSigningCertificate", UserName="ana", CertificateBody=expired)[0] == "InvalidCertificate"
    assert iam.refused("UploadSigningCertificate", UserName="ana", CertificateBody="x")[0] == "MalformedCertificate"


def test_an_ssh_key_is_read_and_shown_in_both_encodings(iam: Iam) -> None:
    iam.user("ana")
    key = iam.run("UploadSSHPublicKey", UserName="ana", SSHPublicKeyBody=ssh_line() + " ana@home")["SSHPublicKey"]
    assert key["SSHPublicKeyId"].startswith("APKA")
    assert key["SSHPublicKeyBody"] == ssh_line() + " ana@home"
    digest = hashlib.md5(b64decode(ssh_line().split()[1])).hexdigest()
    assert key["Fingerprint"].replace(":", "") == digest
    named: dict[str, Any] = {"UserName": "ana", "SSHPublicKeyId": key["SSHPublicKeyId"]}
    pem = iam.run("GetSSHPublicKey", Encoding="PEM", **named)["SSHPublicKey"]["SSHPublicKeyBody"]
    assert pem == pem_public().strip()
    assert iam.refused("UploadSSHPublicKey", UserName="ana", SSHPublicKeyBody=pem)[0] == "DuplicateSSHPublicKey"
    iam.run("UpdateSSHPublicKey", Status="Inactive", **named)
    (listed,) = iam.run("ListSSHPublicKeys", UserName="ana")["SSHPublicKeys"]
    assert listed == {
        "UserName": "ana",
        "SSHPublicKeyId": key["SSHPublicKeyId"],
        "Status": "Inactive",
        "UploadDate": NOW,
    }
    assert iam.refused("DeleteUser", UserName="ana")[0] == "DeleteConflict"
    iam.run("DeleteSSHPublicKey", **named)
    assert iam.refused("GetSSHPublicKey", Encoding="SSH", **named)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("nonsense", "UnrecognizedPublicKeyEncoding"),
        ("ssh-rsa AAAA", "InvalidPublicKey"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "InvalidPublicKey"),
        (ssh_line(bits=1024), "InvalidPublicKey"),
    ],
)
def test_weak_and_broken_ssh_keys_are_refused(iam: Iam, body: str, code: str) -> None:
    iam.user("ana")
    assert iam.refused("UploadSSHPublicKey", UserName="ana", SSHPublicKeyBody=body)[0] == code


def test_service_credentials_come_with_a_password_shown_once(iam: Iam) -> None:
    iam.user("ana")
    params: dict[str, Any] = {"UserName": "ana", "ServiceName": "codecommit.amazonaws.com"}
    one = iam.run("CreateServiceSpecificCredential", **params)["ServiceSpecificCredential"]
    assert one["ServiceUserName"] == f"ana-at-{ACCOUNT}"
    two = iam.run("CreateServiceSpecificCredential", **params)["ServiceSpecificCredential"]
    assert two["ServiceUserName"] == f"ana+1-at-{ACCOUNT}"
    assert iam.refused("CreateServiceSpecificCredential", **params)[0] == "LimitExceeded"
    cassandra = {**params, "ServiceName": "cassandra.amazonaws.com"}
    iam.run("CreateServiceSpecificCredential", **cassandra)
    assert iam.refused("CreateServiceSpecificCredential", **{**params, "ServiceName": "s3.amazonaws.com"}) == (
        "NotSupportedService",
        "No such service s3.amazonaws.com is supported for Service Specific Credentials",
    )
    id = one["ServiceSpecificCredentialId"]
    again = iam.run("ResetServiceSpecificCredential", UserName="ana", ServiceSpecificCredentialId=id)
    assert again["ServiceSpecificCredential"]["ServicePassword"] != one["ServicePassword"]
    iam.run("UpdateServiceSpecificCredential", UserName="ana", ServiceSpecificCredentialId=id, Status="Inactive")
    listed = iam.run("ListServiceSpecificCredentials", **params)["ServiceSpecificCredentials"]
    assert len(listed) == 2
    assert all("ServicePassword" not in row for row in listed)
    assert {row["Status"] for row in listed} == {"Active", "Inactive"}
    assert len(iam.run("ListServiceSpecificCredentials", AllUsers=True)["ServiceSpecificCredentials"]) == 3
    assert iam.refused("DeleteUser", UserName="ana")[0] == "DeleteConflict"
    iam.run("DeleteServiceSpecificCredential", UserName="ana", ServiceSpecificCredentialId=id)
    assert iam.refused("DeleteServiceSpecificCredential", UserName="ana", ServiceSpecificCredentialId=id) == (
        "NoSuchEntity",
        f"No such credential {id} exists",
    )


def test_a_bedrock_key_has_an_alias_and_an_end(iam: Iam) -> None:
    iam.user("ana")
    key = iam.run(
        "CreateServiceSpecificCredential", UserName="ana", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=30
    )["ServiceSpecificCredential"]
    assert key["ServiceCredentialAlias"].startswith("BedrockAPIKey-")
    assert key["ServiceCredentialSecret"].startswith("ABSK")
    assert "ServicePassword" not in key
    assert "ServiceUserName" not in key
    assert key["ExpirationDate"] == NOW + 30 * 86400
    iam.clock.advance(31 * 86400)
    (listed,) = iam.run("ListServiceSpecificCredentials", UserName="ana")["ServiceSpecificCredentials"]
    assert listed["Status"] == "Expired"


def test_a_credential_is_authorized_by_the_service_it_is_for(iam: Iam) -> None:
    iam.user("ana")
    made = iam.run("CreateServiceSpecificCredential", UserName="ana", ServiceName="codecommit.amazonaws.com")
    id = made["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    call = iam.call("DeleteServiceSpecificCredential", UserName="ana", ServiceSpecificCredentialId=id)
    (check,) = resolve("iam", call.operation, call.params, account=ACCOUNT, region="us-east-1", partition="aws")
    with iam.runtime.store.reading() as reader:
        found = facts(reader, call, check)
    assert found.context["iam:servicespecificcredentialservicename"] == "codecommit.amazonaws.com"
