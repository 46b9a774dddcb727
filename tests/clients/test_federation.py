"""A workload with a token, and a person with an assertion, get at AWS through boto3 - and only as far as they may."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.client import ClientError
from botocore.config import Config

from tests.clients.server import Credentials, Server
from tests.services.sts.oidc_issuer import Issuer
from tests.services.sts.saml_idp import ATTRIBUTES, Response, certificate, encode, metadata

pytestmark = pytest.mark.client


def client(server: Server, service: str, credentials: Credentials | None, region: str = "eu-west-1") -> Any:
    """A boto3 client; without credentials it does not sign."""
    if credentials is None:
        unsigned = Config(signature_version=UNSIGNED)
        return boto3.client(service, endpoint_url=server.url, region_name=region, config=unsigned)
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name=region,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )


def of(answer: dict[str, Any]) -> Credentials:
    given = answer["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = error.value.response["Error"]["Code"]
    return code


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as made:
        yield made


OWN_TEAM = {"StringEquals": {"iam:ResourceTag/Team": "${aws:PrincipalTag/Team}"}}


def team_members(iam: Any) -> None:
    """A user of each team."""
    for name, team in (("ruth", "red"), ("bill", "blue")):
        iam.create_user(UserName=name, Tags=[{"Key": "Team", "Value": team}])


def sees_only_the_red_team(iam: Any) -> None:
    assert iam.get_user(UserName="ruth")["User"]["UserName"] == "ruth"
    with pytest.raises(ClientError) as refused:
        iam.get_user(UserName="bill")
    assert code_of(refused) == "AccessDenied"


def test_a_workload_becomes_a_role_and_its_tokens_tags_decide(server: Server, issuer: Issuer) -> None:
    account, root = server.new_account("federated")
    iam = client(server, "iam", root)
    provider = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["garrison-tests"])
    trusted = document(
        Principal={"Federated": provider["OpenIDConnectProviderArn"]},
        Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        Condition={"StringLike": {f"{issuer.place}:sub": "repo:acme/*"}},
    )
    role = iam.create_role(RoleName="ci", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    rights = document(Action="iam:GetUser", Resource="*", Condition=OWN_TEAM)
    iam.put_role_policy(RoleName="ci", PolicyName="own-team", PolicyDocument=rights)
    team_members(iam)

    tags = {"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["red"]}}}
    sts = client(server, "sts", None)

    def assume(token: str) -> dict[str, Any]:
        answer: dict[str, Any] = sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="build-7", WebIdentityToken=token
        )
        return answer

    answer = assume(issuer.token(time.time(), sub="repo:acme/site", **tags))
    assert answer["SubjectFromWebIdentityToken"] == "repo:acme/site"
    session = of(answer)
    who = client(server, "sts", session).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{account}:assumed-role/ci/build-7"
    sees_only_the_red_team(client(server, "iam", session))

    forged = {
        "AccessDenied": issuer.token(time.time(), sub="repo:evil/site"),
        "InvalidIdentityToken": issuer.token(time.time(), sub="repo:acme/site", header={"alg": "none"}),
        "ExpiredTokenException": issuer.token(time.time() - 3600, sub="repo:acme/site"),
    }
    for code, token in forged.items():
        with pytest.raises(ClientError) as refused:
            assume(token)
        assert code_of(refused) == code

    # Nothing in an unsigned call says which region it is for: it is the server's own.
    trail = client(server, "cloudtrail", root, "us-east-1")
    records: list[dict[str, Any]] = []
    deadline = time.monotonic() + 10
    while len(records) < 4 and time.monotonic() < deadline:
        events = trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}]
        )["Events"]
        records = [json.loads(event["CloudTrailEvent"]) for event in events]
    # The trail calls errors by the names of their shapes.
    found = sorted(record.get("errorCode", "").removesuffix("Exception") for record in records)
    assert found == ["", "AccessDenied", "ExpiredToken", "InvalidIdentityToken"]
    (good,) = [record for record in records if "errorCode" not in record]
    assert good["userIdentity"]["type"] == "WebIdentityUser"
    assert good["userIdentity"]["userName"] == "repo:acme/site"
    assert "eyJ" not in json.dumps(records)


def test_a_person_signs_in_with_an_assertion_whose_tags_decide(server: Server) -> None:
    _, root = server.new_account("people")
    iam = client(server, "iam", root)
    now = time.time()
    about = metadata(certificate("first", now))
    provider = iam.create_saml_provider(Name="Corp", SAMLMetadataDocument=about)["SAMLProviderArn"]
    trusted = document(
        Principal={"Federated": provider},
        Action=["sts:AssumeRoleWithSAML", "sts:TagSession"],
        Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    )
    role = iam.create_role(RoleName="staff", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    rights = document(Action="iam:GetUser", Resource="*", Condition=OWN_TEAM)
    iam.put_role_policy(RoleName="staff", PolicyName="own-team", PolicyDocument=rights)
    team_members(iam)

    attributes = {
        "Role": [f"{role},{provider}"],
        "RoleSessionName": ["fay"],
        f"{ATTRIBUTES}PrincipalTag:Team": ["red"],
    }
    made = Response(now, attributes)
    sts = client(server, "sts", None)

    def assume(assertion: Any) -> dict[str, Any]:
        answer: dict[str, Any] = sts.assume_role_with_saml(
            RoleArn=role, PrincipalArn=provider, SAMLAssertion=encode(assertion)
        )
        return answer

    answer = assume(made.signed())
    assert (answer["Subject"], answer["SubjectType"]) == ("fay@example.com", "persistent")
    sees_only_the_red_team(client(server, "iam", of(answer)))
    with pytest.raises(ClientError) as refused:
        assume(made.response(made.assertion()))
    assert code_of(refused) == "InvalidIdentityToken"


def test_boto3_assumes_a_role_by_itself_from_a_token_file(
    server: Server, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, root = server.new_account("pods")
    iam = client(server, "iam", root)
    provider = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["garrison-tests"])
    trusted = document(
        Principal={"Federated": provider["OpenIDConnectProviderArn"]}, Action="sts:AssumeRoleWithWebIdentity"
    )
    role = iam.create_role(RoleName="pod", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    file = tmp_path / "token"
    file.write_text(issuer.token(time.time()))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ROLE_ARN", role)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    who = boto3.session.Session().client("sts", region_name="eu-west-1").get_caller_identity()
    assert who["Arn"].startswith(f"arn:aws:sts::{account}:assumed-role/pod/")
