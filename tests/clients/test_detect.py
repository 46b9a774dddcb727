"""An attacker against a running Garrison, beside an ordinary workload: what becomes a finding, and what does not."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.estate import PROGRAMS, STRONG, Estate, Workload, a_week, opens
from tests.clients.house import moto, policy
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import curl, edge_ports

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("detect")]

WITHIN = 60.0
"""Seconds from an act to its finding: what is promised."""
_PATIENCE = 120.0
"""For everything else, on slow machines."""
TRUSTS_ALL = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
KALI = "aws-cli/2.31 md/Botocore#1.44 exec-env/kali-rolling"
STRANGE = "python-requests/2.31"
"""What a stolen key is used with."""


def eventually(condition: Callable[[], object], seconds: float = _PATIENCE) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.5)
    return False


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    data = tmp_path_factory.mktemp("detect") / "data"
    edge = ("--edge", "embedded", "--edge-ports", edge_ports())
    with (
        moto() as url,
        Application("shop") as application,
        Server(data, "--upstream", url, "--development", *edge) as server,
    ):
        yield Estate(server, url, application)


class Attack:
    """Acts, each with the findings it must become, by type and a word that must be in them."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._expected: dict[tuple[str, str], float] = {}
        self.took: dict[tuple[str, str], float] = {}

    @contextlib.contextmanager
    def act(self, *expected: tuple[str, str]) -> Iterator[None]:
        yield
        self._expected |= dict.fromkeys(expected, time.monotonic())

    def look(self) -> bool:
        """Whether all findings are there; how long each took is noted."""
        said = [(one["Type"], json.dumps(one, default=str)) for one in self._estate.findings()]
        for wanted, when in self._expected.items():
            if wanted not in self.took and any(type == wanted[0] and wanted[1] in text for type, text in said):
                self.took[wanted] = time.monotonic() - when
        return self.took.keys() == self._expected.keys()

    @property
    def missing(self) -> list[tuple[str, str]]:
        return [one for one in self._expected if one not in self.took]


def attack(estate: Estate, attack: Attack) -> None:
    """All acts, one after the other."""
    keys = estate.keys
    with attack.act(("Policy:IAMUser/RootCredentialUsage", estate.server.root.access_key_id)):
        estate.client("iam", estate.server.root).list_users()
    with attack.act(("PenTest:IAMUser/KaliLinux", "mallory")):
        estate.client("iam", keys["mallory"], KALI).list_users()
    iam = estate.client("iam", keys["mallory"])
    with attack.act(("Stealth:IAMUser/PasswordPolicyChange", "mallory")):
        # As good as no policy at all would be: weaker only than the one before.
        iam.update_account_password_policy(**STRONG | {"MinimumPasswordLength": 10})
    bait = ("CredentialAccess:IAMUser/CompromisedCredentials", keys["bait"].access_key_id)
    with attack.act(("Stealth:IAMUser/CloudTrailLoggingDisabled", "bait"), bait):
        trail = estate.client("cloudtrail", keys["bait"])
        with pytest.raises(trail.exceptions.ClientError, match="AccessDenied"):
            trail.stop_logging(Name="other-trail")
    with attack.act(("Stealth:IAMUser/CloudTrailLoggingDisabled", "every-call")):
        estate.client("cloudtrail", keys["mallory"]).stop_logging(Name="every-call")
    s3 = estate.client("s3", keys["mallory"])
    with attack.act(("Stealth:IAMUser/CloudTrailLoggingDisabled", "aws-cloudtrail-logs-main")):
        s3.delete_bucket(Bucket="aws-cloudtrail-logs-main")
    with attack.act(("Persistence:IAM/AccountManipulation", "UpdateAssumeRolePolicy")):
        iam.update_assume_role_policy(RoleName="opened", PolicyDocument=TRUSTS_ALL)
    with attack.act(("CredentialAccess:IAMUser/CompromisedCredentials", keys["mallory"].access_key_id)):
        iam.attach_user_policy(UserName="bait", PolicyArn=QUARANTINE)  # as AWS does to a user whose key it finds
    with attack.act(("Policy:S3/BucketAnonymousAccessGranted", "ledgers")):
        s3.put_bucket_policy(Bucket="ledgers", Policy=opens("ledgers"))
    with attack.act(("Policy:S3/BucketPublicAccessGranted", "data")):
        s3.put_bucket_acl(Bucket="data", ACL="authenticated-read")
    with attack.act(("Policy:S3/BucketBlockPublicAccessDisabled", "archive")):
        s3.delete_public_access_block(Bucket="archive")
    with attack.act(("Stealth:S3/ServerAccessLoggingDisabled", "data")):
        s3.put_bucket_logging(Bucket="data", BucketLoggingStatus={})
    ec2 = estate.client("ec2", keys["mallory"])
    with attack.act(("Persistence:EC2/ExternalRemoteServices", "mallory")):
        anybody = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.authorize_security_group_ingress(GroupId=estate.group, IpPermissions=[anybody])
    with attack.act(("Exfiltration:EC2/TransferDataToCloudAccount", "mallory")):
        ec2.modify_snapshot_attribute(
            SnapshotId=estate.snapshot, CreateVolumePermission={"Add": [{"UserId": "999999999999"}]}
        )
    with attack.act(("Discovery:IAMUser/AnomalousBehavior", "deploy")):
        looks_around(estate)
    stolen = estate.client("iam", keys["deploy"], STRANGE)
    carl = stolen.list_mfa_devices(UserName="carl")["MFADevices"][0]["SerialNumber"]
    off = ("Persistence:IAMUser/AnomalousBehavior", "DeactivateMFADevice")
    with attack.act(off, ("DefenseImpairment:IAM/ModifyAuthenticationProcess", "deploy")):
        stolen.deactivate_mfa_device(UserName="carl", SerialNumber=carl)
    guessed = ("CredentialAccess:IAM/BruteForce", "guesses passwords")
    with attack.act(guessed, ("InitialAccess:IAM/ValidAccounts", "bob")):
        for n in range(4):
            for person in ("bob", "carl", "dora"):
                assert not estate.signs_in(person, f"Summer202{n}!", STRANGE)
        assert estate.signs_in("bob", agent=STRANGE)
    with attack.act(("Exfiltration:S3/AnomalousBehavior", "data")):
        # By its amount: the bucket is the usual one. With the usual program it would have to be ten times as many.
        thief = estate.client("s3", keys["deploy"], STRANGE)
        for n in range(150):
            thief.get_object(Bucket="data", Key=f"part-{n % 20}")["Body"].read()
    with attack.act(("InitialAccess:WAF/ExploitPublicFacingApplication", "get past a web ACL")):
        for n in range(12):
            assert curl(f"{estate.web.url}/search?q={n}<script>alert({n})</script>", "-g").status == 403


def looks_around(estate: Estate) -> None:
    """What somebody asks first who found a key."""
    iam, kms = (estate.client(name, estate.keys["deploy"], STRANGE) for name in ("iam", "kms"))
    for asked in (
        iam.list_groups, iam.list_policies, iam.get_account_summary, iam.list_instance_profiles, kms.list_keys,
        kms.list_aliases, iam.list_account_aliases, iam.get_credential_report,
    ):  # fmt: skip
        with contextlib.suppress(iam.exceptions.ClientError):
            asked()


def test_an_attack_becomes_findings_within_a_minute_and_a_workload_none(estate: Estate) -> None:
    workload = Workload(estate)
    a_week(estate, workload)
    assert estate.findings() == []
    acts = Attack(estate)
    with workload:
        attack(estate, acts)
        assert not estate.signs_in("ana", "mistyped")
        assert estate.signs_in("ana")
        there = eventually(acts.look)
    assert there, f"without {acts.missing}; there are {sorted(one['Title'] for one in estate.findings())}"
    assert not workload.failures, workload.failures[0]
    assert workload.calls > 100
    print(*(f"{seconds:5.1f} s {type}: {word}" for (type, word), seconds in acts.took.items()), sep="\n")
    print(f"{workload.calls} calls of the workload")
    late = {wanted: seconds for wanted, seconds in acts.took.items() if seconds > WITHIN}
    assert not late
    findings = estate.findings()
    said = [json.dumps(one, default=str) for one in findings]
    ordinary = ("wl-", "guarded", "site", "notes", *(estate.keys[name].access_key_id for name in PROGRAMS))
    assert [text for text in said if any(word in text for word in ordinary)] == []
    assert [one["Title"] for one in findings if "ana" in str(one["Resource"].get("AccessKeyDetails"))] == []
    _say_what_is_known(estate, {one["Type"]: one for one in findings})


def _say_what_is_known(estate: Estate, by_type: dict[str, dict[str, Any]]) -> None:
    """What findings tell beside the event itself."""
    [bucket] = by_type["Policy:S3/BucketAnonymousAccessGranted"]["Resource"]["S3BucketDetails"]
    assert bucket["PublicAccess"]["EffectivePermission"] == "PUBLIC"
    permissions = bucket["PublicAccess"]["PermissionConfiguration"]["BucketLevelPermissions"]
    assert permissions["BucketPolicy"] == {"AllowsPublicReadAccess": True, "AllowsPublicWriteAccess": False}
    [bucket] = by_type["Policy:S3/BucketBlockPublicAccessDisabled"]["Resource"]["S3BucketDetails"]
    assert bucket["PublicAccess"]["EffectivePermission"] == "NOT_PUBLIC"
    manipulated = by_type["Persistence:IAM/AccountManipulation"]
    assert manipulated["CustomDetectionRuleName"] == "IAMRoleTrustPolicyModified"
    probing = by_type["InitialAccess:WAF/ExploitPublicFacingApplication"]
    assert probing["CustomDetectionRuleName"] == "waf-probing"
    assert json.loads(probing["Service"]["AdditionalInfo"]["Value"])["matches"] >= 10
    status = estate.sensor()
    assert status is not None
    assert not status.failures
    shown = estate.server.command("detect", "watch", "--once", "--last", "1000", "-o", "jsonl").stdout.splitlines()
    assert {json.loads(line)["type"] for line in shown} >= set(by_type)
    assert "threat detection" in estate.server.command("status").stdout


def test_what_happens_while_the_sensor_is_killed_counts_once(estate: Estate) -> None:
    parrot = estate.client("iam", estate.keys["mallory"], agent="Boto3 parrot-os")
    killed = set()
    assert eventually(lambda: estate.sensor() is not None)
    for n in range(6):
        parrot.get_user(UserName="mallory")
        status = estate.sensor()
        if status is not None and status.pid not in killed and n >= 1:
            killed.add(status.pid)
            os.kill(status.pid, signal.SIGKILL)
        time.sleep(0.2)
    assert killed
    kind = "PenTest:IAMUser/ParrotLinux"
    assert eventually(lambda: any(f["Type"] == kind and f["Service"]["Count"] >= 6 for f in estate.findings()))
    time.sleep(2)
    [finding] = [one for one in estate.findings() if one["Type"] == kind]
    assert finding["Service"]["Count"] == 6


def test_nothing_runs_without_an_enabled_detector(estate: Estate) -> None:
    assert eventually(lambda: estate.sensor() is not None)
    status = estate.sensor()
    assert status is not None
    estate.guardduty.update_detector(DetectorId=estate.detector, Enable=False)
    assert eventually(lambda: estate.sensor() is None)
    estate.guardduty.delete_detector(DetectorId=estate.detector)
    assert eventually(lambda: not Path(f"/proc/{status.pid}").exists())
