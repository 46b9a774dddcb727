"""Who secures what, asked over boto3 and the aws command once the model is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.clients.drivers import Boto3
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("responsibility")]


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
    expected = {("GetResponsibilities", False), ("ListResponsibilityServices", True)}
    recorded: set[tuple[str, bool]] = set()
    deadline = time.monotonic() + 10  # the record of a read is there a moment after its answer
    while recorded != expected and time.monotonic() < deadline:
        events = driver.call(
            root,
            "cloudtrail",
            "LookupEvents",
            LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "garrison.amazonaws.com"}],
        )["Events"]
        recorded = {(e["EventName"], "AccessDenied" in e["CloudTrailEvent"]) for e in events}
        time.sleep(0.1)
    assert recorded == expected


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
    driver.call(root, "cloudtrail", "LookupEvents")  # records of reads are durable within 200 ms
    deadline = 40
    while used() != ["iam", "sts", "organizations", "cloudtrail"] and deadline:
        deadline -= 1
        time.sleep(0.1)
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


PERIMETER = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["kms:*", "s3:*", "secretsmanager:*", "sqs:*"],
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-0000000000"}},
    },
}


def garrison(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "garrison.cli.main", *arguments],
        env=server.env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def standings(server: Server, account: str, layer: str) -> dict[str, str]:
    """How that layer of each service in use stands, by the command."""
    done = garrison(server, "responsibility", "--mine", "--account", account, "--layer", layer, "-o", "json")
    assert done.returncode == 0, done.stderr
    return {row["serviceId"]: row["cells"][0]["standing"] for row in json.loads(done.stdout)["rows"]}


def test_the_matrix_says_what_checks_found_before_and_after_a_gap_is_closed(server: Server, models: Path) -> None:
    driver = Boto3(server.url)
    account, root = server.new_account("truth")
    asked = client(server, models, root)

    def cell(service: str, layer: str) -> Any:
        return asked.get_responsibilities(service=service, layer=layer)["row"]["cells"][0]

    organization = driver.call(root, "organizations", "CreateOrganization", FeatureSet="ALL")["Organization"]
    driver.call(root, "organizations", "CreateAccount", AccountName="m", Email=f"m+{account}@example.com")
    assert set(standings(server, account, "identity").values()) == {"unknown"}
    assert {check["status"] for check in cell("iam", "identity")["parts"][0]["checks"]} == {"NOT_RUN"}
    assert cell("iam", "facility")["standing"] == "unproven"
    assert cell("iam", "facility")["parts"][0]["attestations"] == []

    assert garrison(server, "assess", "run", "--no-act", "--account", account).returncode == 0
    assert set(standings(server, account, "data").values()) == {"gap"}
    found = cell("iam", "identity")
    assert found["standing"] == "gap"
    checks = {check["checkId"]: check for check in found["parts"][0]["checks"]}
    assert checks["iam.root-access-keys"]["status"] == "FAIL"
    assert "delete-access-key" in checks["iam.root-access-keys"]["fix"]
    evidence = garrison(server, "evidence", "list", "-o", "json").stdout
    assert checks["iam.root-access-keys"]["evidenceId"] in evidence
    failing = garrison(server, "responsibility", "iam", "--mine", "--account", account, "--fail-on", "gap")
    assert failing.returncode == 1
    assert "iam.root-access-keys FAIL" in failing.stdout

    (top,) = driver.call(root, "organizations", "ListRoots")["Roots"]
    kind = "RESOURCE_CONTROL_POLICY"
    driver.call(root, "organizations", "EnablePolicyType", RootId=top["Id"], PolicyType=kind)
    content = json.dumps(PERIMETER).replace("o-0000000000", organization["Id"])
    made = driver.call(root, "organizations", "CreatePolicy", Name="p", Description="", Type=kind, Content=content)
    policy_id = made["Policy"]["PolicySummary"]["Id"]
    driver.call(root, "organizations", "AttachPolicy", PolicyId=policy_id, TargetId=top["Id"])
    assert garrison(server, "assess", "run", "--no-act", "--account", account).returncode == 0
    assert set(standings(server, account, "data").values()) == {"covered"}
    assert cell("iam", "data")["standing"] == "covered"


def test_nothing_is_told_from_evidence_that_was_altered(server: Server, models: Path, tmp_path: Path) -> None:
    account, _ = server.new_account("altered")
    evidence = tmp_path / "evidence"
    assert (
        garrison(server, "assess", "run", "--no-act", "--account", account, "--evidence", str(evidence)).returncode == 0
    )
    (run,) = (evidence / "runs").iterdir()
    asked = ["responsibility", "iam", "--account", account, "--evidence", str(evidence)]
    assert garrison(server, *asked).returncode == 0
    text = run.read_bytes()
    run.chmod(0o600)
    run.write_bytes(text.replace(b'"FAIL"', b'"PASS"', 1))
    done = garrison(server, *asked)
    assert done.returncode == 3
    assert "not what was written" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_account_there_is_not_is_said_so(server: Server) -> None:
    done = garrison(server, "responsibility", "--mine", "--account", "999999999999")
    assert done.returncode == 1
    assert "There is no account 999999999999" in done.stderr
