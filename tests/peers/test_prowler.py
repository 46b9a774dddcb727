"""Prowler reads everything Garrison has without an error, and what it says of it is true."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.checks.worlds import Organization, client, enable_mfa
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server
from tests.peers.conftest import Peer, aws_environment

pytestmark = pytest.mark.peer

SERVICES = (
    "iam", "kms", "organizations", "guardduty", "inspector2", "shield", "wafv2", "cloudtrail", "accessanalyzer",
    "account",
)  # fmt: skip
LACKING = {"accessanalyzer", "cloudtrail", "ec2", "ecr", "elb", "globalaccelerator", "lambda", "route53", "s3"}
"""Services that are read on the way and that Garrison has not, or of which it has other operations: of CloudTrail
trails and their history, of EC2 the regions."""


class Verdicts:
    """What Prowler found."""

    def __init__(self, found: list[dict[str, Any]], said: str) -> None:
        self.found = found
        plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
        self.errors = [line for line in plain.splitlines() if re.search(r"\b(ERROR|CRITICAL)\b", line)]

    @property
    def missing(self) -> set[str]:
        """What Garrison said it has not: `ec2:DescribeInstances`."""
        said = "\n".join(self.errors)
        return set(re.findall(r"Garrison does not implement ([\w-]+:\w+)", said))

    @property
    def unexpected(self) -> list[str]:
        """Errors that are about something else. Prowler's own list of escalations names a service, codestar, that its
        reference no longer has: that is not about what it read."""
        known = ("Garrison does not implement", "Service 'codestar' not found")
        return [line for line in self.errors if not any(one in line for one in known)]

    def of(self, check: str) -> dict[str, str]:
        """Verdict by resource."""
        return {
            one["resources"][0]["name"]: one["status_code"]
            for one in self.found
            if one["metadata"]["event_code"] == check
        }


def prowler(server: Server, keys: Credentials, peer: Peer, folder: Path, services: tuple[str, ...]) -> Verdicts:
    out = folder / "out"
    command = [str(peer("prowler") / "prowler"), "aws", "--service", *services, "--region", "us-east-1"]
    command += ["--output-formats", "json-ocsf", "--output-directory", str(out), "--no-banner", "--log-level", "ERROR"]
    command += ["--ignore-exit-code-3"]
    env = aws_environment(server) | {"HOME": str(folder), "DO_NOT_TRACK": "1"}
    env |= {"AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret_access_key}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    return Verdicts(json.loads(next(out.glob("*.ocsf.json")).read_text()), said)


def furnished(server: Server) -> tuple[Organization, dict[str, Any]]:
    """An organization whose management account has something of everything, right and wrong."""
    here = Organization(server, "prowler")
    iam, kms = here.iam, client(server.url, "kms", here.root)
    for name in ("ana", "eve"):
        here.user(name)
        iam.create_login_profile(UserName=name, Password="Corr3ct-horse-battery")
    enable_mfa(here, "eve")
    here.user("bob", allow("*"))
    iam.create_access_key(UserName="bob")
    iam.create_access_key(UserName="bob")
    iam.create_group(GroupName="engineers")
    everything = iam.create_policy(PolicyName="everything", PolicyDocument=policy(allow("*")))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="engineers", PolicyArn=everything)
    iam.update_account_password_policy(MinimumPasswordLength=16, PasswordReusePrevention=24)
    rotated, still = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.enable_key_rotation(KeyId=rotated)
    client(server.url, "guardduty", here.root).create_detector(Enable=True)
    client(server.url, "inspector2", here.root).enable(resourceTypes=["EC2", "ECR", "LAMBDA"])
    seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    client(server.url, "wafv2", here.root).create_web_acl(
        Name="bare", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen
    )
    account = client(server.url, "account", here.root)
    account.put_contact_information(
        ContactInformation={
            "FullName": "Ana Example", "AddressLine1": "1 Main Street", "City": "Springfield", "PostalCode": "12345",
            "CountryCode": "US", "PhoneNumber": "+1 555 0100",
        }
    )  # fmt: skip
    return here, {"rotated": rotated, "still": still}


def test_prowler_reads_it_all_and_is_right(
    server: Server, peer: Peer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, keys = furnished(server)
    found = prowler(server, here.root, peer, tmp_path, SERVICES)
    checks = {one["metadata"]["event_code"] for one in found.found}
    statuses = Counter(one["status_code"] for one in found.found)
    with capsys.disabled():
        told = ", ".join(f"{n} {status}" for status, n in sorted(statuses.items()))
        print(
            f"\nProwler: {len(checks)} checks, {len(found.found)} verdicts: {told}; not there: {sorted(found.missing)}"
        )
    assert found.unexpected == []
    assert {one.partition(":")[0] for one in found.missing} <= LACKING
    assert len(checks) >= 80
    assert found.of("iam_user_mfa_enabled_console_access") == {"ana": "FAIL", "eve": "PASS", "bob": "PASS"}
    assert found.of("iam_user_two_active_access_key") == {
        "<root_account>": "PASS", "ana": "PASS", "eve": "PASS", "bob": "FAIL",
    }  # fmt: skip
    assert found.of("iam_inline_policy_no_administrative_privileges") == {"bob/own": "FAIL"}
    assert found.of("iam_customer_attached_policy_no_administrative_privileges") == {"everything": "FAIL"}
    assert found.of("iam_password_policy_minimum_length_14") == {here.management: "PASS"}
    assert found.of("iam_password_policy_symbol") == {here.management: "FAIL"}
    for check in ("iam_no_root_access_key", "iam_root_mfa_enabled", "iam_avoid_root_usage"):
        assert found.of(check) == {"<root_account>": "FAIL"}, check
    assert found.of("kms_cmk_rotation_enabled") == {keys["rotated"]: "PASS", keys["still"]: "FAIL"}
    assert set(found.of("guardduty_is_enabled").values()) == {"PASS"}
    assert set(found.of("guardduty_runtime_monitoring_enabled").values()) == {"FAIL"}
    assert set(found.of("inspector2_is_enabled").values()) == {"PASS"}
    assert set(found.of("wafv2_webacl_with_rules").values()) == {"FAIL"}
    assert found.of("organizations_account_part_of_organizations") == {here.id: "PASS"}
    # There is no trail: what CloudTrail's history has is there without one, in AWS too.
    assert set(found.of("cloudtrail_multi_region_enabled").values()) == {"FAIL"}
