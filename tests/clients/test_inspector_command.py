"""Every family of inspector2's operations through the aws command: what it says is done, and boto3 sees it too."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from garrison.aws import own
from tests.clients.aws_command import Aws, Refused
from tests.clients.server import Credentials, Server
from tests.scan.sources import CRITICAL, osv, since

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("inspector-command")]

KNOWN = osv("GHSA-1", "PyPI", "thing", since("0", "1.5"), aliases=["CVE-2024-1001"],
            severity=[{"type": "CVSS_V3", "score": CRITICAL}], summary="Thing does too much")  # fmt: skip
BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "components": [{"type": "library", "name": "thing", "version": "1.0", "purl": "pkg:pypi/thing@1.0"}],
}
HOST = "i-0123456789abcdef0"
CODE = {
    "detectorId": "python/x@v1.0", "detectorName": "X", "ruleId": "B602", "severity": "HIGH", "title": "CWE-78 - X",
    "description": "y", "cwes": ["CWE-78"], "filePath": "app.py", "startLine": 4, "endLine": 4,
    "snippet": [{"lineNumber": 4, "content": "call(x)"}],
}  # fmt: skip


class Place(NamedTuple):
    """An account of its own, with Inspector enabled, a host with a finding and a function with another."""

    server: Server
    account: str
    keys: Credentials
    aws: Aws
    client: Callable[[str], Any]


def clients(server: Server, keys: Credentials) -> Callable[[str], Any]:
    session = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name="us-east-1")
    session._session.get_component("data_loader").search_paths.insert(0, str(own.directory()))
    return lambda service: session.client(service, endpoint_url=server.url)


@pytest.fixture(scope="module")
def place(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    known = tmp_path_factory.mktemp("known")
    (known / "GHSA-1.json").write_text(json.dumps(KNOWN))
    server.command("inspector", "db", "import", "--source", "inspector-command", str(known))
    account, keys = server.new_account("inspector-command")
    client = clients(server, keys)
    with Aws(server, keys) as aws:
        aws("inspector2", "enable", "--resource-types", "EC2", "ECR", "LAMBDA", "LAMBDA_CODE")
        garrison = client("garrison")
        garrison.put_resource_inventory(
            resourceId=HOST, resourceType="AWS_EC2_INSTANCE", sbom=BOM, tags={"env": "prod"}
        )
        garrison.put_resource_inventory(
            resourceId=f"arn:aws:lambda:us-east-1:{account}:function:pay:$LATEST",
            resourceType="AWS_LAMBDA_FUNCTION",
            codeFindings=[CODE],
        )
        yield Place(server, account, keys, aws, client)


def key(place: Place) -> str:
    """A KMS key that lets Inspector use it."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{place.account}:root"}, "Action": "kms:*"},
        {"Effect": "Allow", "Principal": {"Service": "inspector2.amazonaws.com"},
         "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]},
    ]  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": [{**one, "Resource": "*"} for one in statements]}
    return str(place.aws("kms", "create-key", "--policy", json.dumps(policy))["KeyMetadata"]["Arn"])


def test_findings_are_listed_counted_detailed_and_searched_for(place: Place, tmp_path: Path) -> None:
    aws, inspector = place.aws, place.client("inspector2")
    found = aws("inspector2", "list-findings", "--sort-criteria", "field=SEVERITY,sortOrder=DESC")["findings"]
    assert [one["title"] for one in found] == ["CVE-2024-1001 - thing", "CWE-78 - X"]
    arns = [one["findingArn"] for one in found]
    assert set(arns) == {one["findingArn"] for one in inspector.list_findings()["findings"]}
    details = aws("inspector2", "batch-get-finding-details", "--finding-arns", *arns)
    assert [one["findingArn"] for one in details["findingDetails"]] == arns[:1]
    code = aws("inspector2", "batch-get-code-snippet", "--finding-arns", *arns)
    assert [one["codeSnippet"][0]["content"] for one in code["codeSnippetResults"]] == ["call(x)"]
    assert [one["errorCode"] for one in code["errors"]] == ["CODE_SNIPPET_NOT_FOUND"]
    counted = aws("inspector2", "list-finding-aggregations", "--aggregation-type", "AWS_EC2_INSTANCE")["responses"]
    assert counted[0]["ec2InstanceAggregation"]["severityCounts"]["critical"] == 1
    covered = aws("inspector2", "list-coverage", "--filter-criteria", json.dumps(
        {"resourceId": [{"comparison": "EQUALS", "value": HOST}]}))["coveredResources"]  # fmt: skip
    assert {one["scanStatus"]["reason"] for one in covered if one["scanType"] == "PACKAGE"} == {"SUCCESSFUL"}
    by_type = aws("inspector2", "list-coverage-statistics", "--group-by", "RESOURCE_TYPE")["countsByGroup"]
    assert {one["groupKey"] for one in by_type} == {"AWS_EC2_INSTANCE", "AWS_LAMBDA_FUNCTION"}
    known = aws("inspector2", "search-vulnerabilities", "--filter-criteria", "vulnerabilityIds=CVE-2024-1001")
    assert known["vulnerabilities"][0]["description"] == "Thing does too much"
    (tmp_path / "bom.json").write_text(json.dumps(BOM))
    scanned = aws("inspector-scan", "scan-sbom", "--sbom", f"file://{tmp_path}/bom.json")["sbom"]
    assert [one["id"] for one in scanned["vulnerabilities"]] == ["CVE-2024-1001"]


def test_filters_and_tags_are_made_changed_and_taken_away(place: Place) -> None:
    aws, inspector = place.aws, place.client("inspector2")
    criteria = json.dumps({"vulnerabilityId": [{"comparison": "EQUALS", "value": "CVE-2024-1001"}]})
    arn = aws("inspector2", "create-filter", "--name", "one", "--action", "NONE", "--filter-criteria", criteria)["arn"]
    aws("inspector2", "update-filter", "--filter-arn", arn, "--action", "SUPPRESS", "--reason", "known")
    assert [one["action"] for one in inspector.list_filters(arns=[arn])["filters"]] == ["SUPPRESS"]
    assert [one["reason"] for one in aws("inspector2", "list-filters")["filters"]] == ["known"]
    aws("inspector2", "tag-resource", "--resource-arn", arn, "--tags", "a=b,c=d")
    aws("inspector2", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert aws("inspector2", "list-tags-for-resource", "--resource-arn", arn)["tags"] == {"c": "d"}
    aws("inspector2", "delete-filter", "--arn", arn)
    with pytest.raises(Refused, match="ResourceNotFoundException"):
        aws("inspector2", "list-tags-for-resource", "--resource-arn", arn)


def test_an_accounts_status_configuration_usage_and_keys(place: Place) -> None:
    aws, inspector = place.aws, place.client("inspector2")
    (one,) = aws("inspector2", "batch-get-account-status", "--account-ids", place.account)["accounts"]
    assert {member: told["status"] for member, told in one["resourceState"].items()}["ec2"] == "ENABLED"
    aws("inspector2", "update-configuration", "--ecr-configuration", "rescanDuration=DAYS_30",
        "--ec2-configuration", "scanMode=EC2_SSM_AGENT_BASED")  # fmt: skip
    told = aws("inspector2", "get-configuration")
    assert told["ecrConfiguration"]["rescanDurationState"]["rescanDuration"] == "DAYS_30"
    assert inspector.get_configuration()["ec2Configuration"]["scanModeState"]["scanMode"] == "EC2_SSM_AGENT_BASED"
    aws("inspector2", "update-ec2-deep-inspection-configuration", "--package-paths", "/srv/app")
    assert aws("inspector2", "get-ec2-deep-inspection-configuration")["packagePaths"] == ["/srv/app"]
    assert place.client("garrison").list_resource_tasks(resourceId=HOST)["deepInspectionPaths"] == ["/srv/app"]
    (total,) = aws("inspector2", "list-usage-totals")["totals"]
    assert "EC2_INSTANCE_HOURS" in {one["type"] for one in total["usage"]}
    (trial,) = aws("inspector2", "batch-get-free-trial-info", "--account-ids", place.account)["accounts"]
    assert {one["status"] for one in trial["freeTrialInfo"]} == {"ACTIVE"}
    permissions = aws("inspector2", "list-account-permissions", "--service", "EC2")["permissions"]
    assert {one["operation"] for one in permissions} == {"ENABLE_SCANNING", "DISABLE_SCANNING"}
    what, arn = ("--scan-type", "CODE", "--resource-type", "AWS_LAMBDA_FUNCTION"), key(place)
    aws("inspector2", "update-encryption-key", "--kms-key-id", arn, *what)
    assert aws("inspector2", "get-encryption-key", *what)["kmsKeyId"] == arn
    aws("inspector2", "reset-encryption-key", *what)
    with pytest.raises(Refused, match="ResourceNotFoundException"):
        aws("inspector2", "get-encryption-key", *what)


def test_reports_and_bills_of_materials_are_written_where_they_were_asked_for(place: Place) -> None:
    aws, bucket = place.aws, f"reports-{place.account}"
    (place.server.data / "buckets" / bucket).mkdir(parents=True)
    where = ("--s3-destination", f"bucketName={bucket},kmsKeyArn={key(place)}")
    report = aws("inspector2", "create-findings-report", "--report-format", "CSV", *where)["reportId"]
    export = aws("inspector2", "create-sbom-export", "--report-format", "SPDX_2_3", *where)["reportId"]
    deadline = time.monotonic() + 60
    for command, id in (("get-findings-report-status", report), ("get-sbom-export", export)):
        while (status := aws("inspector2", command, "--report-id", id)["status"]) == "IN_PROGRESS":
            assert time.monotonic() < deadline, "it was not written within 60 s"
            time.sleep(0.1)
        assert status == "SUCCEEDED"
    files = [path for path in (place.server.data / "buckets" / bucket).rglob("*") if path.is_file()]
    assert any("CVE-2024-1001" in path.read_text() for path in files if path.name == f"{report}.csv")
    assert any('"SPDX-2.3"' in path.read_text() for path in files if path.suffix == ".json")
    for command, id in (("cancel-findings-report", report), ("cancel-sbom-export", export)):
        with pytest.raises(Refused, match=r"ValidationException.*SUCCEEDED"):
            aws("inspector2", command, "--report-id", id)


def test_a_cis_scan_from_its_configuration_to_its_report(place: Place) -> None:
    aws = place.aws
    arn = aws("inspector2", "create-cis-scan-configuration", "--scan-name", "now", "--security-level", "LEVEL_1",
              "--schedule", "oneTime={}", "--targets", "accountIds=SELF,targetResourceTags={env=[prod]}",
              )["scanConfigurationArn"]  # fmt: skip
    (listed,) = aws("inspector2", "list-cis-scan-configurations")["scanConfigurations"]
    assert listed["scanConfigurationArn"] == arn
    tasks = place.client("garrison").list_resource_tasks(resourceId=HOST)["tasks"]
    (task,) = [one for one in tasks if one["type"] == "CIS"]
    token = str(uuid.uuid4())
    session = ("--scan-job-id", task["scanJobId"], "--session-token", token)
    aws("inspector2", "start-cis-session", *session[:2], "--message", f"sessionToken={token}")
    aws("inspector2", "send-cis-session-health", *session)
    details = json.dumps({"title": "A rule", "level": "LEVEL_1"})
    messages = json.dumps([{"ruleId": "x", "status": "FAILED", "cisRuleDetails": details}])
    aws("inspector2", "send-cis-session-telemetry", *session, "--messages", messages)
    aws("inspector2", "stop-cis-session", *session, "--message",
        json.dumps({"status": "SUCCESS", "progress": {"totalChecks": 1, "failedChecks": 1}}))  # fmt: skip
    (scan,) = aws("inspector2", "list-cis-scans")["scans"]
    assert (scan["status"], scan["failedChecks"]) == ("COMPLETED", 1)
    scanned = ("--scan-arn", scan["scanArn"])
    (check,) = aws("inspector2", "list-cis-scan-results-aggregated-by-checks", *scanned)["checkAggregations"]
    assert check["title"] == "A rule"
    (host,) = aws("inspector2", "list-cis-scan-results-aggregated-by-target-resource", *scanned)[
        "targetResourceAggregations"
    ]
    assert host["targetResourceId"] == HOST
    (result,) = aws("inspector2", "get-cis-scan-result-details", *scanned, "--target-resource-id", HOST,
                    "--account-id", place.account)["scanResultDetails"]  # fmt: skip
    assert result["status"] == "FAILED"
    assert aws("inspector2", "get-cis-scan-report", *scanned, "--report-format", "CSV")["status"] == "SUCCEEDED"
    later = aws("inspector2", "create-cis-scan-configuration", "--scan-name", "later", "--security-level", "LEVEL_1",
                "--schedule", "daily={startTime={timeOfDay=03:00,timezone=UTC}}",
                "--targets", "accountIds=SELF,targetResourceTags={env=[none]}")["scanConfigurationArn"]  # fmt: skip
    aws("inspector2", "update-cis-scan-configuration", "--scan-configuration-arn", later, "--security-level", "LEVEL_2")
    levels = {c["scanName"]: c["securityLevel"] for c in aws("inspector2", "list-cis-scan-configurations")[
        "scanConfigurations"]}  # fmt: skip
    assert levels["later"] == "LEVEL_2"
    aws("inspector2", "delete-cis-scan-configuration", "--scan-configuration-arn", later)


def test_an_organization_has_an_administrator_and_its_members(place: Place) -> None:
    aws, organizations = place.aws, place.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made: list[str] = []
    for name in ("security", "member"):
        asked = organizations.create_account(AccountName=name, Email=f"{name}-{place.account}@example.com")
        made.append(finished(organizations, asked["CreateAccountStatus"]["Id"]))
    administrator, member = made
    aws("inspector2", "enable-delegated-admin-account", "--delegated-admin-account-id", administrator)
    assert aws("inspector2", "get-delegated-admin-account")["delegatedAdmin"]["accountId"] == administrator
    (listed,) = aws("inspector2", "list-delegated-admin-accounts")["delegatedAdminAccounts"]
    assert listed["accountId"] == administrator
    role = f"arn:aws:iam::{administrator}:role/OrganizationAccountAccessRole"
    security = partial(aws, by=assumed(place, role))
    security("inspector2", "enable", "--resource-types", "EC2", "--account-ids", member)
    assert security("inspector2", "get-member", "--account-id", member)["member"]["relationshipStatus"] == "ENABLED"
    assert [one["accountId"] for one in security("inspector2", "list-members")["members"]] == [member]
    security("inspector2", "disassociate-member", "--account-id", member)
    security("inspector2", "associate-member", "--account-id", member)
    wanted = "ec2=true,ecr=true,lambda=false"
    security("inspector2", "update-organization-configuration", "--auto-enable", wanted)
    told = security("inspector2", "describe-organization-configuration")["autoEnable"]
    assert (told["ec2"], told["ecr"], told["lambda"]) == (True, True, False)
    security("inspector2", "update-org-ec2-deep-inspection-configuration", "--org-package-paths", "/opt/shared")
    changed = security("inspector2", "batch-update-member-ec2-deep-inspection-status", "--account-ids",
                       f"accountId={member},activateDeepInspection=false")["accountIds"]  # fmt: skip
    assert changed == security("inspector2", "batch-get-member-ec2-deep-inspection-status")["accountIds"]
    assert changed == [{"accountId": member, "status": "DEACTIVATED"}]
    security("inspector2", "disable", "--account-ids", member, "--resource-types", "EC2")
    aws("inspector2", "disable-delegated-admin-account", "--delegated-admin-account-id", administrator)
    with pytest.raises(Refused, match="ResourceNotFoundException"):
        aws("inspector2", "get-delegated-admin-account")


def finished(organizations: Any, id: str) -> str:
    """The account that was asked for, once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = organizations.describe_create_account_status(CreateAccountRequestId=id)["CreateAccountStatus"]
        if status["State"] == "SUCCEEDED":
            return str(status["AccountId"])
        time.sleep(0.1)
    raise AssertionError("the account was not made within 60 s")


def assumed(place: Place, role: str) -> Credentials:
    """The role's credentials, taken by a user: root may not assume roles."""
    iam = place.client("iam")
    iam.create_user(UserName="chief")
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}
    iam.put_user_policy(UserName="chief", PolicyName="assume", PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName="chief")["AccessKey"]
    sts = clients(place.server, Credentials(made["AccessKeyId"], made["SecretAccessKey"]))("sts")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="chief")["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


@pytest.mark.parametrize("command", ["list-connectors", "list-code-security-integrations"])
def test_what_is_not_built_says_so_and_what_instead(place: Place, command: str) -> None:
    with pytest.raises(Refused, match=r"NotImplemented.*garrison"):
        place.aws("inspector2", command)
