"""An estate under watch: people, buckets and a web application behind a running Garrison, a week of what is ordinary,
and those who go on with it while somebody attacks."""

from __future__ import annotations

import base64
import re
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from garrison.access.guarding import DETECTION_RULES
from garrison.sensor.known import LEAKED
from garrison.sensor.status import FOLDER, SensorStatus, read_status
from tests.clients.house import allow, policy
from tests.clients.server import Credentials, Server
from tests.clients.totp_codes import code
from tests.edge.application import Application
from tests.edge.clients import curl, until
from tests.edge.protected import LoadBalancer
from tests.edge.waf import WebAcl, match, rule
from tests.signin.browser import Browser

REGION = "us-east-1"
AGENT = "tool/1.0"
PASSWORD = "Correct-horse-9"
GUIDE = Path(__file__).parents[2] / "docs/guides/guardduty-for-real.md"
OWN = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
PROGRAMS = ("wl-app", "wl-etl", "wl-ci")
HOURS = 27
"""Of seven each: a week and more, in more than the 24 hours after which amounts are judged."""
_POLICY = {"RequireSymbols": True, "RequireNumbers": True, "RequireUppercaseCharacters": True}
STRONG = {**_POLICY, "RequireLowercaseCharacters": True, "MinimumPasswordLength": 14}


def opens(bucket: str) -> str:
    """A bucket policy that lets everybody read."""
    return policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*") | {"Principal": "*"})


def own_rules(folder: Path) -> list[str]:
    """The rules the guide shows, put into a folder; their names."""
    found = re.findall(r"`detection-rules/([a-z-]+)\.sql`[^\n]*\n\n```sql\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    folder.mkdir(parents=True)
    for name, text in found:
        (folder / f"{name}.sql").write_text(text)
    return [name for name, _ in found]


class Estate:
    """Everything is there, and watched, when this is made: nothing unusual has happened yet."""

    def __init__(self, server: Server, moto: str, application: Application) -> None:
        self.server = server
        self.moto = moto
        self.account = self.client("sts", server.root).get_caller_identity()["Account"]
        self.ahead = 0.0
        self._steps: dict[str, int] = {}
        everything, read = allow("*"), allow("iam:Get*")
        self.keys = {name: self._user(name, everything) for name in ("owner", "mallory", "deploy", *PROGRAMS)} | {
            "bait": self._user("bait", read)
        }
        self.seeds = {name: self._person(name, mfa=name in ("ana", "carl")) for name in ("ana", "bob", "carl", "dora")}
        s3 = self.client("s3", self.keys["owner"])
        for bucket in ("data", "site", "ledgers", "notes", "archive", "guarded", "aws-cloudtrail-logs-main"):
            s3.create_bucket(Bucket=bucket)
        for n in range(20):
            s3.put_object(Bucket="data", Key=f"part-{n}", Body=b"x" * 2000)
        s3.put_bucket_policy(Bucket="site", Policy=opens("site"))
        for bucket, restricts in (("archive", False), ("guarded", True)):
            block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": restricts}
            s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
        trail = self.client("cloudtrail", self.keys["owner"])
        trail.create_trail(Name="every-call", S3BucketName="aws-cloudtrail-logs-main")
        trail.start_logging(Name="every-call")
        iam = self.client("iam", self.keys["owner"])
        iam.update_account_password_policy(**STRONG)
        for role in ("opened", "wl-role"):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=OWN)
        iam.create_user(UserName="wl-service")
        ec2 = self.client("ec2", self.keys["owner"])
        self.group = ec2.create_security_group(GroupName="wide", Description="-")["GroupId"]
        volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
        self.snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        self.web = LoadBalancer(server, application.port, "shop")
        wall = WebAcl(server, "shop", rule("tricks", 1, match({"QueryString": {}}, "<script")))
        log = f"arn:aws:logs:{REGION}:{self.account}:log-group:aws-waf-logs-shop"
        wall.waf.put_logging_configuration(
            LoggingConfiguration={"ResourceArn": wall.arn, "LogDestinationConfigs": [log]}
        )
        self.web.protect(wall)
        (server.data / LEAKED).mkdir()
        (server.data / LEAKED / "bait.txt").write_text(self.keys["bait"].access_key_id + "\n")
        time.sleep(1.1)  # records have whole seconds, and what was before the detector is not its business
        guardduty = self.client("guardduty", self.keys["owner"])
        self.detector = guardduty.create_detector(Enable=True)["DetectorId"]
        self.guardduty = guardduty
        rules = [
            "iam-role-trust-policy-modified",
            "console-login-without-mfa",
            "ec2-security-group-public-ssh",
            "ebs-snapshot-external-access",
            *own_rules(server.data / DETECTION_RULES),
        ]
        for one in rules:
            guardduty.create_custom_detection_rule_association(RuleId=one, Mode="LIVE")

    def _user(self, name: str, *rights: dict[str, Any]) -> Credentials:
        iam = self.client("iam", self.server.root)
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*rights))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    def _person(self, name: str, *, mfa: bool) -> bytes:
        iam = self.client("iam", self.server.root)
        iam.create_user(UserName=name)
        iam.create_login_profile(UserName=name, Password=PASSWORD)
        if not mfa:
            return b""
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        seed = base64.b32decode(made["Base32StringSeed"])
        step = self._steps[name] = int(time.time()) // 30
        iam.enable_mfa_device(
            UserName=name, SerialNumber=made["SerialNumber"],
            AuthenticationCode1=code(seed, step - 1), AuthenticationCode2=code(seed, step),
        )  # fmt: skip
        return seed

    def client(self, service: str, who: Credentials, agent: str = "") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.server.url,
            region_name=REGION,
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            config=Config(user_agent=agent or None, s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def signs_in(self, person: str, password: str = PASSWORD, agent: str = "Mozilla/5.0") -> bool:
        """Whether the sign-in page lets them in, with their code where they have a device."""
        browser = Browser(self.server.signin)
        browser.get("/signin")
        assert browser.page is not None
        form = browser.page.hidden("/signin")
        form |= {"account": self.account, "username": person, "password": password}
        page = browser.post("/signin", form, User_Agent=agent)
        if self.seeds[person] and page.title == "One more step":
            step = max(int(time.time() + self.ahead) // 30, self._steps[person] + 1)  # each is taken once
            self._steps[person] = step
            page = browser.post(
                "/signin/mfa", browser.page.hidden("/signin/mfa") | {"code": code(self.seeds[person], step)},
                User_Agent=agent,
            )  # fmt: skip
        return page.status == 303

    def advance(self, seconds: float) -> None:
        status, told = self.server.admin("POST", "/_garrison/clock/advance", {"seconds": seconds})
        assert status == 200, told
        self.ahead += seconds

    def sensor(self) -> SensorStatus | None:
        return read_status(self.server.data / FOLDER)

    def findings(self) -> list[dict[str, Any]]:
        ids = [
            id
            for page in self.guardduty.get_paginator("list_findings").paginate(DetectorId=self.detector)
            for id in page["FindingIds"]
        ]
        return [
            one
            for at in range(0, len(ids), 50)
            for one in self.guardduty.get_findings(DetectorId=self.detector, FindingIds=ids[at : at + 50])["Findings"]
        ]


class Workload:
    """What is ordinary there. `day` is a round of it; `with` goes on with rounds in threads of their own."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        app, etl, ci = (estate.keys[name] for name in PROGRAMS)
        self.app, self.etl, self.ci = (estate.client("s3", who, AGENT) for who in (app, etl, ci))
        self.iam = estate.client("iam", ci, AGENT)
        self.deploy, self.fetch = (estate.client(name, estate.keys["deploy"], AGENT) for name in ("iam", "s3"))
        self.sts = estate.client("sts", app, AGENT)
        self.calls = 0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._go_on, args=(one, pause, most))
            for one, pause, most in ((self.reads, 0.5, 30), (self.administers, 0.5, 1000), (self.browses, 0.5, 1000))
        ]

    def reads(self) -> None:
        """Objects are written, listed and read by two programs."""
        self.app.put_object(Bucket="notes", Key="today", Body=b"y" * 500)
        self.app.get_object(Bucket="notes", Key="today")["Body"].read()
        self.etl.list_objects_v2(Bucket="data")
        for n in range(3):
            self.etl.get_object(Bucket="data", Key=f"part-{n}")["Body"].read()
        self.sts.get_caller_identity()
        self.calls += 7

    def administers(self) -> None:
        """Keys are rotated, policies edited that stay private, a site's policy put again, passwords made stronger."""
        made = self.iam.create_access_key(UserName="wl-service")["AccessKey"]["AccessKeyId"]
        self.iam.update_access_key(UserName="wl-service", AccessKeyId=made, Status="Inactive")
        self.iam.delete_access_key(UserName="wl-service", AccessKeyId=made)
        self.iam.put_role_policy(
            RoleName="wl-role", PolicyName="p", PolicyDocument=policy(allow("s3:GetObject", "arn:aws:s3:::data/*"))
        )
        root = {"Principal": {"AWS": f"arn:aws:iam::{self._estate.account}:root"}}
        private = policy(allow("s3:GetObject", "arn:aws:s3:::notes/*") | root)
        self.ci.put_bucket_policy(Bucket="notes", Policy=private)
        self.ci.put_bucket_policy(Bucket="site", Policy=opens("site"))
        self.ci.put_bucket_policy(Bucket="guarded", Policy=opens("guarded"))
        self.iam.list_roles()
        self.iam.get_user(UserName="wl-service")
        self.calls += 9

    def browses(self) -> None:
        """Customers ask the application; now and then one is refused."""
        assert curl(f"{self._estate.web.url}/products?page=2").status == 200
        self.calls += 1

    def deploys(self) -> None:
        """What the deployment does whose key will be stolen."""
        self.deploy.list_users()
        self.deploy.get_user(UserName="deploy")

    def fetches(self) -> None:
        for n in range(2):
            self.fetch.get_object(Bucket="data", Key=f"part-{n}")["Body"].read()

    def day(self) -> None:
        for one in (self.reads, self.administers, self.deploys):
            one()
        assert self._estate.signs_in("ana")

    def _go_on(self, one: Callable[[], None], pause: float, most: int) -> None:
        """At most so many rounds: hundreds of reads in an hour would be unusual, and rightly told of."""
        while not self._stop.wait(pause) and most:
            most -= 1
            try:
                one()
            except Exception:
                self.failures.append(traceback.format_exc())

    def __enter__(self) -> Workload:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def a_week(estate: Estate, workload: Workload) -> None:
    """Let a week of the ordinary pass, and the sensor learn of it."""
    for n in range(HOURS):
        if n % 12 == 0:
            workload.day()
        else:
            workload.reads()
        workload.fetches()
        estate.advance(7 * 3600)
    workload.day()

    def learned() -> bool:
        status = estate.sensor()
        return status is not None and min(status.learned.get(one, 0) for one in ("api", "s3")) >= 7

    until(learned, seconds=120)
