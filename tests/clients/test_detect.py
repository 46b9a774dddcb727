"""An attacker against a running Garrison, beside an ordinary workload: what becomes a finding, and what does not."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from garrison.sensor.known import LEAKED
from garrison.sensor.status import FOLDER, SensorStatus, read_status
from tests.clients.server import Credentials, Server

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("detect")]

REGION = "eu-central-1"
_PATIENCE = 120.0
"""Seconds, on slow machines. What is promised (60) is measured by bench/detect.py."""

ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]}
EVERYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
OWN = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"


class Account:
    """An account with a detector, an attacker's user, a workload's, and one whose key was laid out as bait."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.id, self.root = server.new_account("detected")
        people = (("mallory", ADMIN), ("workload", READ), ("bait", READ))
        self.keys = {name: self._user(name, rights) for name, rights in people}
        (server.data / LEAKED).mkdir()
        (server.data / LEAKED / "bait.txt").write_text(self.keys["bait"].access_key_id + "\n")
        # Records have whole seconds, and what was before the detector is not its business.
        time.sleep(1.1)
        self.detector = self.client("guardduty", self.keys["mallory"]).create_detector(Enable=True)["DetectorId"]

    def _user(self, name: str, rights: dict[str, Any]) -> Credentials:
        iam = self.client("iam", self.root)
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(rights))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    def client(self, service: str, who: Credentials, agent: str = "") -> Any:
        return boto3.client(
            service,
            endpoint_url=self._server.url,
            region_name=REGION,
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            config=Config(user_agent=agent or None, retries={"max_attempts": 1}),
        )

    def findings(self) -> list[dict[str, Any]]:
        guardduty = self.client("guardduty", self.keys["mallory"])
        ids = guardduty.list_findings(DetectorId=self.detector)["FindingIds"]
        found: list[dict[str, Any]] = guardduty.get_findings(DetectorId=self.detector, FindingIds=ids)["Findings"]
        return found

    def make_live(self, rule: str) -> None:
        """Let a custom detection rule make findings; returns when the sensor may be expected to know."""
        guardduty = self.client("guardduty", self.keys["mallory"])
        guardduty.create_custom_detection_rule_association(RuleId=rule, Mode="LIVE")
        time.sleep(1.5)

    def keys_of(self, type: str) -> set[str]:
        """Access keys that findings of a type name."""
        return {f["Resource"]["AccessKeyDetails"]["AccessKeyId"] for f in self.findings() if f["Type"] == type}

    def until(self, *types: str) -> dict[str, dict[str, Any]]:
        """Findings by type, when those of all `types` are there."""
        found: dict[str, dict[str, Any]] = {}

        def there() -> bool:
            found.update({one["Type"]: one for one in self.findings()})
            return set(types) <= found.keys()

        assert eventually(there), f"without {set(types) - found.keys()}; there are {sorted(found)}"
        return found


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.5)
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("detect")) as one:
        yield one


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    return Account(server)


def sensor(server: Server) -> SensorStatus | None:
    return read_status(server.data / FOLDER)


def test_an_attack_becomes_findings_and_a_workload_none(server: Server, account: Account) -> None:
    """Findings of unusual behaviour are not among these: they need seven days of learning and are tested over files."""
    mallory = account.keys["mallory"]
    workload = account.client("iam", account.keys["workload"])
    workload.get_user(UserName="workload")
    account.client("iam", account.root).list_users()
    kali = account.client("iam", mallory, agent="aws-cli/2.31 md/Botocore#1.44 exec-env/kali-rolling")
    kali.list_users()
    iam = account.client("iam", mallory)
    iam.delete_account_password_policy() if _has_policy(iam) else None
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True)
    iam.update_account_password_policy(MinimumPasswordLength=6)
    trail = account.client("cloudtrail", account.keys["bait"])
    with pytest.raises(trail.exceptions.ClientError, match="AccessDenied"):
        trail.stop_logging(Name="main")
    account.make_live("iam-role-trust-policy-modified")
    iam.create_role(RoleName="opened", AssumeRolePolicyDocument=json.dumps(OWN))
    iam.update_assume_role_policy(RoleName="opened", PolicyDocument=json.dumps(EVERYBODY))
    iam.attach_user_policy(UserName="bait", PolicyArn=QUARANTINE)
    workload.get_user(UserName="workload")
    found = account.until(
        "Policy:IAMUser/RootCredentialUsage",
        "PenTest:IAMUser/KaliLinux",
        "Stealth:IAMUser/PasswordPolicyChange",
        "Stealth:IAMUser/CloudTrailLoggingDisabled",
        "CredentialAccess:IAMUser/CompromisedCredentials",
        "Persistence:IAM/AccountManipulation",
    )
    stealth = found["Stealth:IAMUser/CloudTrailLoggingDisabled"]
    assert stealth["Resource"]["AccessKeyDetails"]["UserName"] == "bait"
    manipulated = found["Persistence:IAM/AccountManipulation"]
    assert manipulated["CustomDetectionRuleName"] == "IAMRoleTrustPolicyModified"
    assert "mallory" in manipulated["Description"]
    assert "UpdateAssumeRolePolicy" in manipulated["Description"]
    keys = {account.keys["bait"].access_key_id, mallory.access_key_id}  # bait's as listed; mallory quarantined its user
    assert eventually(lambda: account.keys_of("CredentialAccess:IAMUser/CompromisedCredentials") == keys)
    root = found["Policy:IAMUser/RootCredentialUsage"]
    assert root["Region"] == REGION  # IAM's records are of us-east-1, and count wherever there is a detector
    assert root["Resource"]["AccessKeyDetails"]["AccessKeyId"] == account.root.access_key_id
    assert found["PenTest:IAMUser/KaliLinux"]["Resource"]["AccessKeyDetails"]["UserName"] == "mallory"
    said = json.dumps(account.findings(), default=str)
    assert account.keys["workload"].access_key_id not in said
    status = sensor(server)
    assert status is not None
    assert status.watched == (f"{account.id}/{REGION}",)
    assert not status.failures
    shown = server.command("detect", "watch", "--once", "-o", "jsonl").stdout.splitlines()
    assert {json.loads(line)["type"] for line in shown} >= set(found)
    assert "threat detection" in server.command("status").stdout


def test_what_happens_while_the_sensor_is_killed_counts_once(server: Server, account: Account) -> None:
    parrot = account.client("iam", account.keys["mallory"], agent="Boto3 parrot-os")
    killed = set()
    assert eventually(lambda: sensor(server) is not None)
    for n in range(6):
        parrot.get_user(UserName="mallory")
        status = sensor(server)
        if status is not None and status.pid not in killed and n >= 1:
            killed.add(status.pid)
            os.kill(status.pid, signal.SIGKILL)
        time.sleep(0.2)
    assert killed
    kind = "PenTest:IAMUser/ParrotLinux"
    assert eventually(lambda: any(f["Type"] == kind and f["Service"]["Count"] >= 6 for f in account.findings()))
    time.sleep(2)
    [finding] = [one for one in account.findings() if one["Type"] == kind]
    assert finding["Service"]["Count"] == 6


def test_nothing_runs_without_an_enabled_detector(server: Server, account: Account) -> None:
    guardduty = account.client("guardduty", account.keys["mallory"])
    assert eventually(lambda: sensor(server) is not None)
    status = sensor(server)
    assert status is not None
    guardduty.update_detector(DetectorId=account.detector, Enable=False)
    assert eventually(lambda: sensor(server) is None)
    guardduty.delete_detector(DetectorId=account.detector)
    assert eventually(lambda: not Path(f"/proc/{status.pid}").exists())


def _has_policy(iam: Any) -> bool:
    try:
        iam.get_account_password_policy()
    except iam.exceptions.NoSuchEntityException:
        return False
    return True
