"""Inspector through boto3 and the aws command: a Python project, a Node project and an image that was built here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from garrison.aws import own
from garrison.scan.inventory import scan_target
from garrison.scan.inventory.sbom import cyclonedx
from tests.clients.server import Server
from tests.scan.inventory.images import DEBIAN, docker_archive, layer_tar, status
from tests.scan.sources import CRITICAL, osv, since

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("inspector")]

ACCOUNT = "123456789012"
HOST = "i-0123456789abcdef0"
FIRST = (
    osv("GHSA-1", "PyPI", "thing", since("0", "1.5"), aliases=["CVE-2024-1001"],
        severity=[{"type": "CVSS_V3", "score": CRITICAL}], summary="Thing does too much"),
    osv("GHSA-2", "npm", "left", since("0", "2.0.0"), aliases=["CVE-2024-1002"]),
    osv("CVE-2024-1003", "Debian:12", "openssl", since("0", "3.0.11-1")),
)  # fmt: skip
SECOND = (osv("GHSA-4", "PyPI", "fine", since("0", "2.0"), aliases=["CVE-2024-1004"]),)
PATHS = [{"protocol": "TCP", "begin": 22, "end": 22, "origin": "INTERNET",
          "steps": [{"componentId": "igw-1", "componentType": "AWS::EC2::InternetGateway"}]}]  # fmt: skip


def learn(server: Server, place: Path, name: str, *documents: dict[str, Any]) -> None:
    """`garrison inspector db import`, while the server runs."""
    source = place / name
    source.mkdir()
    for document in documents:
        (source / f"{document['id']}.json").write_text(json.dumps(document))
    server.command("inspector", "db", "import", str(source))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("inspector")
    with Server(place / "data") as running:
        learn(running, place, "first", *FIRST)
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Callable[[str], Any]:
    """boto3's clients of the root user, with our own model among those it knows."""
    keys = server.root
    session = boto3.Session(
        aws_access_key_id=keys.access_key_id, aws_secret_access_key=keys.secret_access_key, region_name="us-east-1"
    )
    session._session.get_component("data_loader").search_paths.insert(0, str(own.directory()))
    session.client("inspector2", endpoint_url=server.url).enable(resourceTypes=["EC2", "ECR", "LAMBDA"])
    return lambda service: session.client(service, endpoint_url=server.url)


def aws(server: Server, *arguments: str) -> Any:
    """What the aws command answers."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_SHARED_CREDENTIALS_FILE": str(server.data / "credentials"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }
    command = [str(Path(sys.executable).parent / "aws"), *arguments, "--output", "json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def bom(target: Path) -> dict[str, Any]:
    """What is installed in a folder or an image, as a bill of materials."""
    document: dict[str, Any] = json.loads(cyclonedx.write(scan_target(target), created=datetime.now(UTC)))
    return document


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not wanted():
        assert time.monotonic() < deadline, "it did not happen within 60 s"
        time.sleep(0.1)


def equals(value: str) -> list[dict[str, str]]:
    return [{"comparison": "EQUALS", "value": value}]


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    """A Python and a Node project, both with pins that are known to be vulnerable."""
    project = tmp_path / "project"
    (project / "api").mkdir(parents=True)
    (project / "web").mkdir()
    (project / "api" / "requirements.txt").write_text("thing==1.0\nfine==1.0\n")
    lock = {"name": "web", "lockfileVersion": 3, "packages": {"": {}, "node_modules/left": {"version": "1.9.0"}}}
    (project / "web" / "package-lock.json").write_text(json.dumps(lock))
    return project


def test_scan_sbom_answers_in_both_forms_and_refuses_in_awss_words(
    server: Server, client: Callable[[str], Any], projects: Path, tmp_path: Path
) -> None:
    document = bom(projects)
    found = client("inspector-scan").scan_sbom(sbom=document)["sbom"]
    assert found["specVersion"] == "1.5"
    assert {one["id"] for one in found["vulnerabilities"]} == {"CVE-2024-1001", "CVE-2024-1002"}
    (tmp_path / "bom.json").write_text(json.dumps(document))
    short = aws(
        server, "inspector-scan", "scan-sbom", "--sbom", f"file://{tmp_path}/bom.json", "--output-format", "INSPECTOR"
    )
    assert short["sbom"]["vulnerability_count"] == {"critical": 1, "high": 0, "medium": 0, "low": 0, "other": 1}
    many = [{"type": "library", "name": f"n{n}", "purl": f"pkg:pypi/n{n}@1"} for n in range(5001)]
    for sbom, reason in (
        ({"bomFormat": "SPDX"}, "UNSUPPORTED_SBOM_TYPE"),
        ({**document, "components": many}, "FIELD_VALIDATION_FAILED"),
        ({**document, "components": [1]}, "CANNOT_PARSE"),
    ):
        with pytest.raises(ClientError, match="ValidationException") as refused:
            client("inspector-scan").scan_sbom(sbom=sbom)
        assert refused.value.response.get("reason") == reason
    whole = client("inspector-scan").scan_sbom(sbom={**document, "components": many[:5000]}, outputFormat="INSPECTOR")
    assert len(whole["sbom"]["messages"]) == 5000


def test_a_host_is_told_matched_reported_and_matched_anew_with_the_next_database(
    server: Server, client: Callable[[str], Any], projects: Path, tmp_path: Path
) -> None:
    garrison, inspector = client("garrison"), client("inspector2")
    told = garrison.put_resource_inventory(
        resourceId=HOST, resourceType="AWS_EC2_INSTANCE", sbom=bom(projects), tags={"env": "prod"},
        details={"ipV4Addresses": ["10.0.0.7"], "imageId": "ami-0123456789abcdef0"}, reachability={"paths": PATHS},
    )  # fmt: skip
    assert told["findings"] == {"active": 3, "created": 3, "updated": 0, "closed": 0}
    assert told["database"]["stale"] is False
    pages = inspector.get_paginator("list_findings").paginate(
        sortCriteria={"field": "SEVERITY", "sortOrder": "DESC"}, PaginationConfig={"PageSize": 2}
    )
    assert [f["title"] for page in pages for f in page["findings"]] == [
        "CVE-2024-1001 - thing", "Port 22 is reachable from an Internet Gateway", "CVE-2024-1002 - left",
    ]  # fmt: skip
    wanted = {
        "vulnerablePackages": [{"name": equals("left")[0]}],
        "resourceTags": [{"comparison": "EQUALS", "key": "env"}],
    }
    (finding,) = aws(server, "inspector2", "list-findings", "--filter-criteria", json.dumps(wanted))["findings"]
    (package,) = finding["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert (package["packageManager"], package["filePath"], package["fixedInVersion"]) == (
        "NPM", "web/package-lock.json", "2.0.0",
    )  # fmt: skip
    learn(server, tmp_path, "second", *SECOND)

    def titles() -> set[str]:
        found = inspector.list_findings(filterCriteria={"findingStatus": equals("ACTIVE")})["findings"]
        return {one["title"] for one in found}

    until(lambda: "CVE-2024-1004 - fine" in titles())
    assert len(titles()) == 4
    counts = inspector.list_finding_aggregations(aggregationType="PACKAGE")["responses"]
    assert {one["packageAggregation"]["packageName"] for one in counts} == {"thing", "left", "fine"}
    known = inspector.search_vulnerabilities(filterCriteria={"vulnerabilityIds": ["CVE-2024-1004"]})
    assert known["vulnerabilities"][0]["relatedVulnerabilities"] == ["GHSA-4"]
    arn = aws(server, "inspector2", "create-filter", "--name", "accepted", "--action", "SUPPRESS", "--filter-criteria",
              json.dumps({"vulnerabilityId": equals("CVE-2024-1004")}), "--tags", "why=known")["arn"]  # fmt: skip
    assert "CVE-2024-1004 - fine" not in titles()
    assert inspector.list_tags_for_resource(resourceArn=arn)["tags"] == {"why": "known"}
    with pytest.raises(ClientError, match=r"BadRequestException.*already exists"):
        inspector.create_filter(name="accepted", action="NONE", filterCriteria={"severity": equals("LOW")})
    inspector.delete_filter(arn=arn)
    assert "CVE-2024-1004 - fine" in titles()
    coverage = inspector.list_coverage(filterCriteria={"resourceId": equals(HOST)})
    assert {one["scanType"]: one["scanStatus"]["reason"] for one in coverage["coveredResources"]} == {
        "PACKAGE": "SUCCESSFUL", "NETWORK": "SUCCESSFUL",
    }  # fmt: skip
    garrison.delete_resource_inventory(resourceId=HOST)
    assert titles() == set()


def test_an_image_built_here_has_findings_by_layer_and_a_bill_of_materials(
    server: Server, client: Callable[[str], Any], tmp_path: Path
) -> None:
    base = layer_tar(
        {"etc/os-release": DEBIAN, "var/lib/dpkg/status": status(("openssl", "3.0.9-1"), ("bash", "5.2-1"))}
    )
    app = layer_tar({"app/requirements.txt": b"thing==1.4\n"})
    layers = docker_archive(tmp_path / "app.tar", [base, app])
    image = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shop/api/sha256:{uuid.uuid4().hex * 2}"
    client("garrison").put_resource_inventory(
        resourceId=image,
        resourceType="AWS_ECR_CONTAINER_IMAGE",
        sbom=bom(tmp_path / "app.tar"),
        details={"imageTags": ["v1"]},
    )
    inspector = client("inspector2")
    found = inspector.list_findings(filterCriteria={"ecrImageRepositoryName": equals("shop/api")})["findings"]
    assert {f["packageVulnerabilityDetails"]["source"] for f in found} == {"NVD", "DEBIAN_CVE"}
    assert found[0]["resources"][0]["details"]["awsEcrContainerImage"]["platform"] == "DEBIAN_12"
    counted = inspector.list_finding_aggregations(aggregationType="IMAGE_LAYER")["responses"]
    assert {one["imageLayerAggregation"]["layerHash"] for one in counted} == set(layers)
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    destination = {"bucketName": "reports", "keyPrefix": "inspector", "kmsKeyArn": key}
    refused = inspector.create_findings_report(reportFormat="CSV", s3Destination=destination)["reportId"]
    assert inspector.get_findings_report_status(reportId=refused)["errorCode"] == "BUCKET_NOT_FOUND"
    (server.data / "buckets" / "reports").mkdir(parents=True)
    refused = inspector.create_findings_report(reportFormat="CSV", s3Destination=destination)["reportId"]
    assert inspector.get_findings_report_status(reportId=refused)["errorCode"] == "INVALID_PERMISSIONS"
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "inspector2.amazonaws.com"}, "Resource": "*",
         "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
         "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
    ]  # fmt: skip
    client("kms").put_key_policy(KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    report = inspector.create_findings_report(reportFormat="JSON", s3Destination=destination)["reportId"]
    export = inspector.create_sbom_export(reportFormat="CYCLONEDX_1_4", s3Destination=destination)["reportId"]
    until(lambda: inspector.get_findings_report_status(reportId=report)["status"] == "SUCCEEDED")
    until(lambda: inspector.get_sbom_export(reportId=export)["status"] == "SUCCEEDED")
    place = server.data / "buckets" / "reports" / "inspector"
    written = json.loads((place / f"{report}.json").read_bytes())["findings"]
    assert {one["findingArn"] for one in found} <= {one["findingArn"] for one in written}
    exported = [json.loads(path.read_bytes()) for path in place.rglob("*sha256*.json")]
    assert [one["specVersion"] for one in exported] == ["1.4"]
    assert {c["name"] for one in exported for c in one["components"]} >= {"openssl", "bash", "thing"}
    with pytest.raises(ClientError, match="ValidationException"):
        inspector.cancel_findings_report(reportId=report)


def test_a_cis_scan_is_reported_by_an_agent_and_fetched_as_a_file(server: Server, client: Callable[[str], Any]) -> None:
    garrison, inspector = client("garrison"), client("inspector2")
    host = "i-" + "c" * 17
    garrison.put_resource_inventory(resourceId=host, resourceType="AWS_EC2_INSTANCE", tags={"cis": "yes"})
    aws(server, "inspector2", "create-cis-scan-configuration", "--scan-name", "now", "--security-level", "LEVEL_1",
        "--schedule", "oneTime={}", "--targets", "accountIds=SELF,targetResourceTags={cis=[yes]}")  # fmt: skip
    (task,) = [one for one in garrison.list_resource_tasks(resourceId=host)["tasks"] if one["type"] == "CIS"]
    session = {"scanJobId": task["scanJobId"], "sessionToken": str(uuid.uuid4())}
    inspector.start_cis_session(scanJobId=session["scanJobId"], message={"sessionToken": session["sessionToken"]})
    messages = [{"ruleId": "x", "status": "FAILED", "cisRuleDetails": b'{"title": "=No formula", "level": "LEVEL_1"}'}]
    inspector.send_cis_session_telemetry(**session, messages=messages)
    inspector.stop_cis_session(
        **session, message={"status": "SUCCESS", "progress": {"totalChecks": 1, "failedChecks": 1}}
    )
    (scan,) = inspector.list_cis_scans()["scans"]
    assert (scan["status"], scan["failedChecks"]) == ("COMPLETED", 1)
    (check,) = inspector.list_cis_scan_results_aggregated_by_checks(scanArn=scan["scanArn"])["checkAggregations"]
    assert check["statusCounts"]["failed"] == 1
    url = inspector.get_cis_scan_report(scanArn=scan["scanArn"], reportFormat="CSV")["url"]
    with urllib.request.urlopen(url, timeout=30) as response:
        assert ",'=No formula," in response.read().decode()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url[:-8] + "AAAAAAA=", timeout=30)


def test_what_an_account_has_switched_on_pays_and_shares_is_told(server: Server, client: Callable[[str], Any]) -> None:
    inspector = client("inspector2")
    state = inspector.batch_get_account_status(accountIds=[ACCOUNT])["accounts"][0]["resourceState"]
    assert {kind: state[kind]["status"] for kind in ("ec2", "ecr", "lambda")} == dict.fromkeys(
        ("ec2", "ecr", "lambda"), "ENABLED"
    )
    assert {one["service"] for one in inspector.list_account_permissions()["permissions"]} >= {"EC2", "ECR", "LAMBDA"}
    inspector.update_configuration(ecrConfiguration={"rescanDuration": "DAYS_30"})
    told = inspector.get_configuration()["ecrConfiguration"]["rescanDurationState"]
    assert told["rescanDuration"] == "DAYS_30"
    inspector.update_ec2_deep_inspection_configuration(activateDeepInspection=True, packagePaths=["/opt/app"])
    assert inspector.get_ec2_deep_inspection_configuration()["packagePaths"] == ["/opt/app"]
    usage = inspector.list_usage_totals(accountIds=[ACCOUNT])["totals"]
    assert {one["accountId"] for one in usage} == {ACCOUNT}
    trial = inspector.batch_get_free_trial_info(accountIds=[ACCOUNT])["accounts"][0]["freeTrialInfo"]
    assert {one["type"]: one["status"] for one in trial}["EC2"] == "ACTIVE"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        inspector.get_encryption_key(resourceType="AWS_LAMBDA_FUNCTION", scanType="CODE")
    made = inspector.create_filter(name="tagged", action="NONE", filterCriteria={"severity": [
        {"comparison": "EQUALS", "value": "LOW"}]}, tags={"team": "a"})["arn"]  # fmt: skip
    inspector.tag_resource(resourceArn=made, tags={"stage": "b"})
    inspector.untag_resource(resourceArn=made, tagKeys=["team"])
    assert inspector.list_tags_for_resource(resourceArn=made)["tags"] == {"stage": "b"}
    inspector.delete_filter(arn=made)
    client("organizations").create_organization(FeatureSet="ALL")
    other, _ = server.new_account("administrator")
    with pytest.raises(ClientError):
        inspector.enable_delegated_admin_account(delegatedAdminAccountId=other)  # not a member of the organization
    assert inspector.list_delegated_admin_accounts()["delegatedAdminAccounts"] == []
    with pytest.raises(ClientError, match="not a delegated administrator"):
        inspector.list_members()


def test_an_agents_credentials_speak_for_its_own_host_alone(server: Server, client: Callable[[str], Any]) -> None:
    iam, own_host, other = client("iam"), "i-" + "e" * 17, "i-" + "f" * 17
    iam.create_user(UserName="agent")
    statement = {"Effect": "Allow", "Action": ["garrison:PutResourceInventory", "garrison:ListResourceTasks"],
                 "Resource": f"arn:aws:garrison:*:{ACCOUNT}:resource/{own_host}"}  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="agent", PolicyName="host", PolicyDocument=document)
    key = iam.create_access_key(UserName="agent")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    session._session.get_component("data_loader").search_paths.insert(0, str(own.directory()))
    agent = session.client("garrison", endpoint_url=server.url)
    agent.put_resource_inventory(resourceId=own_host, resourceType="AWS_EC2_INSTANCE")
    assert agent.list_resource_tasks(resourceId=own_host)["tasks"] == [{"type": "INVENTORY", "reason": "NO_INVENTORY"}]
    with pytest.raises(ClientError, match="AccessDenied"):
        agent.put_resource_inventory(resourceId=other, resourceType="AWS_EC2_INSTANCE")
    with pytest.raises(ClientError, match="AccessDenied"):
        agent.delete_resource_inventory(resourceId=own_host)


def test_what_was_told_is_there_after_a_kill_and_what_is_not_built_says_so(
    server: Server, client: Callable[[str], Any]
) -> None:
    inspector = client("inspector2")
    host = "i-" + "d" * 17
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5",
                "components": [{"type": "library", "name": "thing", "purl": "pkg:pypi/thing@1.0"}]}  # fmt: skip
    client("garrison").put_resource_inventory(resourceId=host, resourceType="AWS_EC2_INSTANCE", sbom=document)
    (before,) = inspector.list_findings(filterCriteria={"resourceId": equals(host)})["findings"]
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.start()
    (after,) = inspector.list_findings(filterCriteria={"resourceId": equals(host)})["findings"]
    assert after == before
    with pytest.raises(ClientError, match=r"NotImplemented.*inspector2:ListConnectors"):
        inspector.list_connectors()
    assert "Traceback" not in server.log
