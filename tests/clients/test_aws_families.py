"""The aws command with the families boto3 is tried with: certificates, keys, services' roles, reports, providers."""

from __future__ import annotations

import base64
import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.drivers import AwsCommand, Refused
from tests.clients.server import Credentials, Server
from tests.clients.test_federation import document
from tests.services.iam import certificates
from tests.services.iam.documents import ALLOW_ALL
from tests.services.sts.saml_idp import Response, certificate, encode, metadata

pytestmark = pytest.mark.client
Iam = Callable[..., dict[str, Any]]


@pytest.fixture
def root(server: Server) -> Credentials:
    return server.new_account("aws-families")[1]


@pytest.fixture
def iam(server: Server, root: Credentials, tmp_path: Path) -> Iam:
    driver = AwsCommand(server.url, tmp_path)
    return lambda operation, **params: driver.call(root, "iam", operation, **params)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_certificates_and_keys(iam: Iam) -> None:
    body = certificates.certificate(0, issuer=1)
    key = certificates.pem_key(certificates.ec_key(0))
    iam("UploadServerCertificate", ServerCertificateName="web", CertificateBody=body, PrivateKey=key)
    shown = iam("GetServerCertificate", ServerCertificateName="web")["ServerCertificate"]
    assert shown["CertificateBody"] == body.strip()
    iam("CreateUser", UserName="ana")
    uploaded = iam("UploadSSHPublicKey", UserName="ana", SSHPublicKeyBody=certificates.ssh_line())["SSHPublicKey"]
    with pytest.raises(Refused) as caught:
        iam("DeleteUser", UserName="ana")
    assert caught.value.code == "DeleteConflict"
    iam("DeleteSSHPublicKey", UserName="ana", SSHPublicKeyId=uploaded["SSHPublicKeyId"])
    iam("DeleteUser", UserName="ana")


def test_a_service_linked_role_lives_and_dies(iam: Iam) -> None:
    name = iam("CreateServiceLinkedRole", AWSServiceName="es.amazonaws.com")["Role"]["RoleName"]
    task = iam("DeleteServiceLinkedRole", RoleName=name)["DeletionTaskId"]
    until(lambda: iam("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)["Status"] == "SUCCEEDED")


def test_the_simulator_and_the_credential_report(iam: Iam) -> None:
    (result,) = iam("SimulateCustomPolicy", PolicyInputList=[ALLOW_ALL], ActionNames=["s3:GetObject"])[
        "EvaluationResults"
    ]
    assert result["EvalDecision"] == "allowed"
    until(lambda: iam("GenerateCredentialReport")["State"] == "COMPLETE")
    content = base64.b64decode(iam("GetCredentialReport")["Content"]).decode()
    assert next(csv.DictReader(io.StringIO(content)))["user"] == "<root_account>"


def test_a_saml_assertion_becomes_a_role(server: Server, iam: Iam, root: Credentials, tmp_path: Path) -> None:
    now = time.time()
    about = metadata(certificate("first", now))
    provider = iam("CreateSAMLProvider", Name="Corp", SAMLMetadataDocument=about)["SAMLProviderArn"]
    trusted = document(
        Principal={"Federated": provider},
        Action="sts:AssumeRoleWithSAML",
        Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    )
    role = iam("CreateRole", RoleName="staff", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    made = Response(now, {"Role": [f"{role},{provider}"], "RoleSessionName": ["fay"]})
    driver = AwsCommand(server.url, tmp_path)

    def assume(assertion: Any) -> dict[str, Any]:
        params = {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": encode(assertion)}
        return driver.call(root, "sts", "AssumeRoleWithSAML", **params)

    assert assume(made.signed())["AssumedRoleUser"]["Arn"].endswith(":assumed-role/staff/fay")
    with pytest.raises(Refused) as caught:
        assume(made.response(made.assertion()))
    assert caught.value.code == "InvalidIdentityToken"


def test_an_openid_connect_provider_is_kept(iam: Iam) -> None:
    made = iam("CreateOpenIDConnectProvider", Url="https://id.example.com", ClientIDList=["a"])
    arn = made["OpenIDConnectProviderArn"]
    iam("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="b")
    shown = iam("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    assert (shown["Url"], shown["ClientIDList"]) == ("id.example.com", ["a", "b"])
    assert json.dumps(iam("ListOpenIDConnectProviders")).count(arn) == 1
