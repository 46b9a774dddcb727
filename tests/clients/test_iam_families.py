"""boto3 with certificates, keys, service-linked roles, the simulator, reports and access advice, over HTTP."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.clients.drivers import REGION
from tests.clients.server import Server
from tests.services.iam.certificates import certificate, ec_key, pem_key, ssh_line
from tests.services.iam.documents import ALLOW_ALL, allow

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def iam(server: Server) -> Any:
    keys = server.root
    return boto3.client(
        "iam",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )


def until(done: Callable[[], Any]) -> Any:
    """What `done` gives once it gives something."""
    deadline = time.monotonic() + 15
    while not (found := done()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_a_certificate_goes_up_and_comes_back(iam: Any) -> None:
    name = "families"
    iam.upload_server_certificate(
        ServerCertificateName=name,
        CertificateBody=certificate(0, issuer=1),
        PrivateKey=pem_key(ec_key(0)),
        CertificateChain=certificate(1),
    )
    shown = iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]
    assert shown["CertificateBody"] == certificate(0, issuer=1).strip()
    iam.delete_server_certificate(ServerCertificateName=name)


def test_a_users_keys_and_credentials(iam: Any) -> None:
    iam.create_user(UserName="families")
    key = iam.upload_ssh_public_key(UserName="families", SSHPublicKeyBody=ssh_line())["SSHPublicKey"]
    with pytest.raises(iam.exceptions.DuplicateSSHPublicKeyException):
        iam.upload_ssh_public_key(UserName="families", SSHPublicKeyBody=ssh_line())
    with pytest.raises(iam.exceptions.ServiceNotSupportedException):
        iam.create_service_specific_credential(UserName="families", ServiceName="s3.amazonaws.com")
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_user(UserName="families")
    iam.delete_ssh_public_key(UserName="families", SSHPublicKeyId=key["SSHPublicKeyId"])
    iam.delete_user(UserName="families")


def test_a_service_linked_role_lives_and_dies(iam: Any) -> None:
    role = iam.create_service_linked_role(AWSServiceName="es.amazonaws.com")["Role"]
    assert role["RoleName"] == "AWSServiceRoleForAmazonElasticsearchService"
    with pytest.raises(iam.exceptions.UnmodifiableEntityException):
        iam.delete_role(RoleName=role["RoleName"])
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    until(lambda: iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=role["RoleName"])


def test_the_simulator_answers_in_the_models_shape(iam: Any) -> None:
    (result,) = iam.simulate_custom_policy(
        PolicyInputList=[ALLOW_ALL], ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::reports/a"]
    )["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    assert result["EvalDecisionDetails"] == {}
    assert result["ResourceSpecificResults"][0]["EvalResourceName"] == "arn:aws:s3:::reports/a"
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"
    assert result["MissingContextValues"] == []


def test_reports_and_advice_are_made_in_the_background(iam: Any) -> None:
    until(lambda: iam.generate_credential_report()["State"] == "COMPLETE")
    report = iam.get_credential_report()
    lines = list(csv.DictReader(io.StringIO(report["Content"].decode())))
    assert lines[0]["user"] == "<root_account>"
    user = iam.create_user(UserName="advised")["User"]
    iam.put_user_policy(UserName="advised", PolicyName="p", PolicyDocument=allow("iam:*"))
    job = iam.generate_service_last_accessed_details(Arn=user["Arn"])["JobId"]
    until(lambda: iam.get_service_last_accessed_details(JobId=job)["JobStatus"] == "COMPLETED")
    (service,) = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    assert service["ServiceNamespace"] == "iam"
