"""A badly configured organization is assessed, put right with the commands the assessment gives, and assessed again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checks import worlds
from tests.checks.worlds import Organization, client
from tests.clients.house import moto
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("assess")]


class House:
    """One organization on a server of its own, and whoever assesses it."""

    def __init__(self, server: Server, data: Path) -> None:
        self.server = server
        self.here: Organization = worlds.bad(server)
        self.evidence = data / "evidence"
        # Somebody who is no root user does the repairs: root users assume no roles.
        iam = self.here.iam
        iam.create_role(RoleName="repair", AssumeRolePolicyDocument=worlds.trust({"AWS": self.here.management}))
        iam.attach_role_policy(RoleName="repair", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        iam.create_group(GroupName="repairers")
        role = f"arn:aws:iam::{self.here.management}:role/repair"
        may = policy(allow("sts:AssumeRole", Resource=role))
        iam.put_group_policy(GroupName="repairers", PolicyName="repair", PolicyDocument=may)
        iam.create_user(UserName="repairer")
        iam.add_user_to_group(GroupName="repairers", UserName="repairer")
        key = iam.create_access_key(UserName="repairer")["AccessKey"]
        self.repairer = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        self.role = role

    def environment(self, keys: Credentials) -> dict[str, str]:
        env = dict(self.server.env) | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "GARRISON_EVIDENCE": str(self.evidence),
            "NO_COLOR": "1",
        }
        return env | ({"AWS_SESSION_TOKEN": keys.session_token} if keys.session_token else {})

    def garrison(self, *arguments: str, keys: Credentials | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "garrison.cli.main", *arguments],
            env=self.environment(keys or self.here.root), capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def assess(self, *more: str) -> dict[str, Any]:
        accounts = [word for account in self.here.accounts for word in ("--account", account)]
        done = self.garrison("assess", "run", "--no-act", *accounts, "-o", "json", *more)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def repair(self, commands: list[str], account: str) -> None:
        """Run commands as a shell script, as an administrator of the account. The bucket they name is there."""
        (self.server.data / "buckets" / f"cloudtrail-{account}").mkdir(parents=True, exist_ok=True)
        sts = client(self.server.url, "sts", self.repairer)
        keys = self.session(sts.assume_role(RoleArn=self.role, RoleSessionName="repair"))
        if account == self.here.invited:
            keys = self.here.invited_root  # nobody from outside has a way in there
        elif account != self.here.management:
            role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
            keys = self.session(
                client(self.server.url, "sts", keys).assume_role(RoleArn=role, RoleSessionName="repair")
            )
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(commands)],
            env=self.environment(keys), capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, "\n".join(commands) + done.stderr

    @staticmethod
    def session(answer: dict[str, Any]) -> Credentials:
        made = answer["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("assess")
    with Server(data / "data") as server:
        yield House(server, data)


def failing(told: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(r["check"], r["subject"]): r for r in told["results"] if r["status"] == "FAIL"}


LEFT = {"iam.root-access-keys", "iam.root-signing-certificates", "iam.root-mfa", "guardduty.grave-findings"}
"""What no command puts right: the root user itself must; and findings are to be answered first."""


def grave(told: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """What is put right here: whatever is grave, and all of the organization's own."""
    return {
        key: one
        for key, one in failing(told).items()
        if one["check"] not in LEFT
        and (one["severity"] in ("critical", "high") or one["check"].startswith("organizations."))
    }


def test_it_is_put_right_by_the_commands_it_gives(house: House) -> None:
    before = house.assess("--fail-on", "high")
    bad = failing(before)
    assert len(bad) > 25
    for one in bad.values():
        assert one["reason"]
        assert one["fix"] or one["fix_note"], one
    todo = grave(before)
    assert len({check for check, _ in todo}) >= 15
    order = ("critical", "high", "medium", "low")
    for _ in range(2):  # some failures show only once others are gone
        several = sorted(todo.values(), key=lambda r: (order.index(r["severity"]), r["check"]))
        # Before its root user may do nothing any more, the invited account does what it must itself.
        accounts = {one["fix_account"] for one in several}
        for account in sorted(accounts, key=lambda account: account != house.here.invited):
            commands = [c for one in several if one["fix_account"] == account for c in one["fix"]]
            house.repair(list(dict.fromkeys(commands)), account)
        after = house.assess()
        todo = grave(after)
        if not todo:
            break
    assert not todo, sorted(todo)

    diff = house.garrison("assess", "diff", before["run"], after["run"], "-o", "json")
    assert diff.returncode == 1, diff.stdout
    changes = json.loads(diff.stdout)["changes"]
    # Where there was no trail there was none to do without digests and without a key.
    assert {c["check"] for c in changes if c["change"] == "new"} == {"cloudtrail.encrypted", "cloudtrail.validation"}
    fixed = {(c["check"], c["subject"]) for c in changes if c["change"] == "fixed"}
    assert fixed >= grave(before).keys()
    assert {c["change"] for c in changes} == {"fixed", "new", "still failing"}
    listed = json.loads(house.garrison("assess", "list", "-o", "json").stdout)["runs"]
    assert {before["run"], after["run"]} <= {run["run"] for run in listed}


def test_a_threshold_decides_the_exit_code(house: House) -> None:
    one = ("assess", "run", "--no-act", "--no-record", "--account", house.here.management)
    assert house.garrison(*one, "--check", "iam.root-access-keys", "--fail-on", "high").returncode == 1
    assert house.garrison(*one, "--check", "iam.root-access-keys").returncode == 0
    assert house.garrison(*one, "--check", "iam.nothing-such").returncode == 2
    junit = house.garrison(*one, "--check", "iam.root-*", "-o", "junit").stdout
    assert "<failure " in junit
    sarif = json.loads(house.garrison(*one, "--check", "iam.root-*", "-o", "sarif").stdout)
    assert {r["ruleId"] for r in sarif["runs"][0]["results"]} >= {"iam.root-access-keys"}


def test_a_framework_says_what_is_open_and_its_bundle_verifies(house: House, tmp_path: Path) -> None:
    done = house.garrison(
        *("assess", "run", "--no-act", "--account", house.here.management),
        *("--framework", "cis-aws-foundations-5.0", "--fail-on", "gap", "-o", "json"),
    )
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["coverage"]["of"], sum(told["summary"].values())) == (63, 63)
    status = {control["id"]: control["status"] for control in told["controls"]}
    assert (status["1.3"], status["4.16"], status["1.1"]) == ("GAP", "NOT_ASSESSED", "MANUAL")
    assert "coverage: 16 of 63 requirements" in done.stderr
    bundle = tmp_path / "report.zip"
    made = house.garrison("assess", "report", told["run"], "--framework", "hipaa", "-o", "bundle", "--out", str(bundle))
    assert made.returncode == 0, made.stderr
    assert house.garrison("evidence", "bundle", str(bundle)).stdout.endswith("intact\n")
    bundle.write_bytes(bundle.read_bytes().replace(b"VERIFY.txt", b"VERIFY.TXT"))
    assert house.garrison("evidence", "bundle", str(bundle)).returncode == 1
    told_of = {
        framework: json.loads(house.garrison("assess", "trend", "--framework", framework, "-o", "json").stdout)["trend"]
        for framework in ("cis-aws-foundations-5.0", "hipaa")
    }
    assert (told_of["cis-aws-foundations-5.0"][-1]["run"], told_of["cis-aws-foundations-5.0"][-1]["accounts"]) == (
        told["run"],
        1,
    )
    assert told["run"] not in {row["run"] for row in told_of["hipaa"]}  # it asked too few of those checks


def test_somebody_answers_for_a_failure_until_a_date(house: House) -> None:
    one = ("--no-act", "--account", house.here.management, "--check", "iam.root-access-keys")
    soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 20 * 86400))
    terms = ("--owner", "ana", "--reason", "moving to roles", "--expires", soon)
    assert house.garrison("assess", "except", "iam.root-access-keys").returncode == 2
    assert house.garrison("assess", "except", "iam.root-access-keys", *terms).returncode == 0
    told = json.loads(house.garrison("assess", "run", *one, "--fail-on", "high", "-o", "json").stdout)
    assert [r["status"] for r in told["results"]] == ["EXCEPTED"]
    there = json.loads(house.garrison("assess", "except", "-o", "json").stdout)["exceptions"]
    assert (there[0]["owner"], there[0]["reason"], there[0]["holds"]) == ("ana", "moving to roles", "yes")
    assert house.garrison("assess", "except", "--revoke", there[0]["id"]).returncode == 0
    assert house.garrison("assess", "run", *one, "--fail-on", "high").returncode == 1


@pytest.mark.parametrize("how", ["flipped byte", "dropped record", "truncated run", "truncated chain", "swapped runs"])
def test_evidence_that_was_touched_does_not_verify(house: House, tmp_path: Path, how: str) -> None:
    one = ("assess", "run", "--no-act", "--account", house.here.management, "--check", "iam.root-*")
    while len(list((house.evidence / "runs").glob("*.jsonl")) if house.evidence.exists() else []) < 2:
        house.garrison(*one)
    copy = tmp_path / "copy"
    shutil.copytree(house.evidence, copy)
    # Offline: neither the data directory nor a server is at hand.
    alone = {"GARRISON_DATA": str(tmp_path / "none"), "GARRISON_PORT": "1"}

    def verify() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "garrison.cli.main", "evidence", "verify", "--evidence", str(copy)]
        env = house.server.env | alone
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    good = verify()
    assert good.returncode == 0, good.stdout
    first, second, *_ = sorted((copy / "runs").glob("*.jsonl"))
    lines = first.read_bytes().splitlines(keepends=True)
    if how == "flipped byte":
        at = len(lines[0]) + 40
        whole = first.read_bytes()
        first.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    elif how == "dropped record":
        first.write_bytes(b"".join(lines[:1] + lines[2:]))
    elif how == "truncated run":
        first.write_bytes(b"".join(lines[:-2]))
    elif how == "truncated chain":
        max((copy / "runs").glob("*.jsonl")).unlink()
    else:
        one_, two = first.read_bytes(), second.read_bytes()
        first.write_bytes(two)
        second.write_bytes(one_)
    found = verify()
    assert found.returncode == 1
    assert "NOT INTACT" in found.stdout


def test_an_export_of_another_account_is_assessed_and_what_it_does_not_tell_is_said(
    house: House, tmp_path: Path
) -> None:
    details = {
        "UserDetailList": [
            {"UserName": "root2", "UserId": "AIDA2", "Arn": "arn:aws:iam::777788889999:user/root2", "Path": "/",
             "CreateDate": "2024-01-01T00:00:00Z", "GroupList": [],
             "AttachedManagedPolicies": [
                 {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]},
        ],
        "GroupDetailList": [], "RoleDetailList": [], "Policies": [],
    }  # fmt: skip
    file = tmp_path / "details.json"
    file.write_text(json.dumps(details))
    done = house.garrison("assess", "run", "--export", str(file), "-o", "json", "--no-record")
    assert done.returncode == 3, done.stderr
    told = json.loads(done.stdout)
    assert ("iam.administrator-users", "arn:aws:iam::777788889999:user/root2") in failing(told)
    by_check = {r["check"]: r for r in told["results"]}
    assert by_check["iam.root-mfa"]["status"] == "NOT_AVAILABLE"
    assert "does not tell" in by_check["iam.root-mfa"]["reason"]
    assert house.garrison("assess", "run", "--export", str(file), "--fail-on", "high", "--no-record").returncode == 1


def test_what_was_collected_is_assessed_elsewhere_with_the_same_results(house: House, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    accounts = [word for account in house.here.accounts for word in ("--account", account)]
    house.garrison("assess", "collect", "--out", str(file), *accounts)
    here = house.assess("--no-record")
    done = house.garrison("assess", "run", "--export", str(file), "-o", "json", "--no-record")
    there = json.loads(done.stdout)
    assert failing(here).keys() == failing(there).keys()
    assert not any(secret in file.read_text() for secret in (house.repairer.secret_access_key,))


def test_an_organization_is_assessed_over_the_aws_api_through_a_role(house: House) -> None:
    """As any AWS account would be: with credentials, a role in each member, and nothing of the operator's."""
    sts = client(house.server.url, "sts", house.repairer)
    keys = house.session(sts.assume_role(RoleArn=house.role, RoleSessionName="assess"))
    asked = ("assess", "run", "--endpoint", house.server.url, "--organization", "--no-record", "-o", "json",
             "--check", "iam.root-access-keys", "--check", "organizations.*")  # fmt: skip
    done = house.garrison(*asked, keys=keys)
    told = json.loads(done.stdout)
    seen = {r["account"]: r["status"] for r in told["results"] if r["check"] == "iam.root-access-keys"}
    assert seen[house.here.management] == "FAIL"
    assert seen[house.here.member] == "PASS"
    assert seen[house.here.invited] == "NOT_AVAILABLE"
    assert "OrganizationAccountAccessRole cannot be assumed" in done.stdout
    assert done.returncode == 3


def test_a_foreign_endpoint_is_assessed_and_what_it_does_not_serve_is_said(house: House) -> None:
    with moto() as url:
        keys = Credentials("test", "test")
        client(url, "iam", keys).create_user(UserName="carol")
        client(url, "iam", keys).put_user_policy(UserName="carol", PolicyName="all", PolicyDocument=policy(allow("*")))
        done = house.garrison("assess", "run", "--endpoint", url, "-o", "json", "--no-record", keys=keys)
    assert done.returncode == 3, done.stderr
    told = json.loads(done.stdout)
    assert "iam.administrator-users" in {check for check, _ in failing(told)}
    unknown = {r["check"] for r in told["results"] if r["status"] == "NOT_AVAILABLE"}
    assert unknown, "moto serves everything by now: show something else it cannot tell"
    assert unknown.isdisjoint(r["check"] for r in told["results"] if r["status"] == "PASS")
    assert set(told["not_tried"]) >= {"iam.new-user"}


def test_nobody_there_is_said_so(house: House) -> None:
    done = house.garrison("assess", "run", "--endpoint", "http://127.0.0.1:9", "--no-record")
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
