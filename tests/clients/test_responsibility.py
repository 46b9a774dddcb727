"""Who secures what, asked over boto3 and the aws command once the model is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.clients.drivers import Boto3
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `garrison models install` wrote the models."""
    home = tmp_path_factory.mktemp("home")
    path = home / ".aws" / "models"
    env = {k: v for k, v in os.environ.items() if k != "AWS_DATA_PATH"} | {"HOME": str(home)}
    subprocess.run([sys.executable, "-m", "garrison.cli.main", "models", "install"], env=env, check=True)
    assert path.is_dir()
    return path


@pytest.fixture
def account(server: Server) -> tuple[str, Credentials]:
    return server.new_account("responsibility")


def client(server: Server, models: Path, keys: Credentials) -> Any:
    session = boto3.Session(
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        region_name="us-east-1",
    )
    loader = session._session.get_component("data_loader")
    loader.search_paths.insert(0, str(models))
    return session.client("garrison", endpoint_url=server.url)


def test_boto3_lists_pages_compares_and_is_refused_as_at_aws(
    server: Server, models: Path, account: tuple[str, Credentials]
) -> None:
    garrison = client(server, models, account[1])
    pages = list(garrison.get_paginator("list_responsibility_services").paginate(maxResults=20))
    listed = [one["serviceId"] for page in pages for one in page["services"]]
    assert len(pages) > 2
    assert len(listed) == len(set(listed)) >= 45
    matrix = [
        row
        for page in garrison.get_paginator("get_responsibility_matrix").paginate(maxResults=30)
        for row in page["rows"]
    ]
    assert {row["serviceId"] for row in matrix} == set(listed)
    assert all(len(row["cells"]) == 10 for row in matrix)
    auto = garrison.get_responsibilities(service="eks:auto-mode", layer="guest-os", profile="self-hosted")
    assert auto["row"]["settings"] == {"nodes": "auto-mode"}
    assert [cell["party"] for cell in auto["row"]["cells"]] == ["operator"]
    compared = garrison.get_responsibility_comparison(services=["ec2", "lambda"])
    assert [(m["layer"], m["direction"]) for m in compared["moves"][0]["layers"]] == [
        ("guest-os", "provider"),
        ("runtime", "provider"),
    ]
    refused = {
        "ResourceNotFoundException": {"service": "moon"},
        "ValidationException": {"service": "eks:moon"},
    }
    for code, params in refused.items():
        with pytest.raises(ClientError, match=code):
            garrison.get_responsibilities(**params)
    with pytest.raises(ClientError, match="nextToken"):
        garrison.get_responsibility_matrix(nextToken="bm90IG91cnM=")


def test_policies_decide_who_may_ask(server: Server, models: Path, account: tuple[str, Credentials]) -> None:
    driver = Boto3(server.url)
    root = account[1]
    driver.call(root, "iam", "CreateUser", UserName="ana")
    may = policy(allow("garrison:GetResponsibilities"))
    driver.call(root, "iam", "PutUserPolicy", UserName="ana", PolicyName="may", PolicyDocument=may)
    key = driver.call(root, "iam", "CreateAccessKey", UserName="ana")["AccessKey"]
    ana = client(server, models, Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
    assert ana.get_responsibilities(service="s3")["row"]["name"] == "Amazon S3"
    with pytest.raises(ClientError, match="garrison:ListResponsibilityServices"):
        ana.list_responsibility_services()
    events = driver.call(
        root,
        "cloudtrail",
        "LookupEvents",
        LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "garrison.amazonaws.com"}],
    )["Events"]
    assert {(e["EventName"], "AccessDenied" in e["CloudTrailEvent"]) for e in events} == {
        ("GetResponsibilities", False),
        ("ListResponsibilityServices", True),
    }


def test_only_services_in_use_are_shown_when_asked_for(
    server: Server, models: Path, account: tuple[str, Credentials]
) -> None:
    driver = Boto3(server.url)
    root = account[1]
    garrison = client(server, models, root)

    def used() -> list[str]:
        return [row["serviceId"] for row in garrison.get_responsibility_matrix(inUse=True)["rows"]]

    assert used() == ["iam"]
    driver.call(root, "sts", "GetCallerIdentity")
    driver.call(root, "organizations", "CreateOrganization", FeatureSet="ALL")
    driver.call(root, "cloudtrail", "LookupEvents")  # records of reads are durable within 200 ms; this waits for none
    deadline = 40
    while used() != ["iam", "sts", "organizations", "cloudtrail"] and deadline:
        deadline -= 1
    assert used() == ["iam", "sts", "organizations", "cloudtrail"]


def test_the_aws_command_asks_with_its_own_subcommands(
    server: Server, models: Path, account: tuple[str, Credentials], tmp_path: Path
) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": account[1].access_key_id,
        "AWS_SECRET_ACCESS_KEY": account[1].secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "HOME": str(models.parent.parent),
        "AWS_PAGER": "",
    }
    aws = [str(Path(sys.executable).parent / "aws"), "garrison"]
    asked = [*aws, "get-responsibility-comparison", "--services", "ec2", "rds", "lambda"]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert [move["to"] for move in json.loads(done.stdout)["moves"]] == ["rds", "lambda"]
    done = subprocess.run(
        [*aws, "get-responsibilities", "--service", "moon"],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "ResourceNotFoundException" in done.stderr
