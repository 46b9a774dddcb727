"""A badly configured organization, put right with the aws command; its signed report, published, had and verified."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from garrison.assess.ledger import Ledger, LedgerError
from garrison.evidence.pack import BadPack, verified
from tests.checks.worlds import Organization, client, trust
from tests.clients.agreements import fetched
from tests.clients.aws_command import Aws, Refused
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server
from tests.clients.totp_codes import code

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("evidence-pack")]

CIS, SOC = "CIS AWS Foundations Benchmark", "SOC 2 Trust Services Criteria"


class Firm:
    """The organization, who works in it, and where its evidence lies."""

    def __init__(self, server: Server, evidence: Path) -> None:
        self.server, self.evidence = server, evidence
        self.here = here = Organization(server, "firm")
        self.accounts = list(here.accounts)
        self.iam, self.kms = here.iam, client(server.url, "kms", here.root)
        here.user("bob")
        self.iam.create_login_profile(UserName="bob", Password="Corr3ct-horse-battery")
        self.old = self.iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
        everything = self.iam.create_policy(PolicyName="everything", PolicyDocument=policy(allow("*")))
        self.everything = everything["Policy"]["Arn"]
        self.iam.create_role(RoleName="ops", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
        self.iam.attach_role_policy(RoleName="ops", PolicyArn=self.everything)
        self.key = self.kms.create_key(Description="never rotated")["KeyMetadata"]["Arn"]
        here.org.disable_policy_type(RootId=here.root_id, PolicyType="SERVICE_CONTROL_POLICY")
        self.left = client(server.url, "iam", here.invited_root)
        self.left.create_user(UserName="dave")
        self.left.create_login_profile(UserName="dave", Password="Corr3ct-horse-battery")
        assert server.admin("POST", "/_garrison/clock/advance", {"seconds": 100 * 86_400})[0] == 200

    def who(self, name: str, *statements: dict[str, Any]) -> Credentials:
        """A user of the management account, and its key."""
        self.here.user(name, *statements)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def garrison(self, *arguments: str, by: Credentials | None = None) -> subprocess.CompletedProcess[str]:
        env = dict(self.server.env) | {"GARRISON_EVIDENCE": str(self.evidence), "NO_COLOR": "1"}
        if by is not None:
            env |= {"AWS_ACCESS_KEY_ID": by.access_key_id, "AWS_SECRET_ACCESS_KEY": by.secret_access_key}
        return subprocess.run(
            [sys.executable, "-m", "garrison.cli.main", *arguments],
            env=env, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def assess(self) -> dict[str, Any]:
        accounts = [word for account in self.accounts for word in ("--account", account)]
        done = self.garrison("assess", "run", "--no-act", *accounts, "-o", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def publish(self, framework: str, by: Credentials, *more: str) -> dict[str, Any]:
        done = self.garrison("assess", "publish", "--framework", framework, "-o", "json", *more, by=by)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)["published"][0]
        return told

    def codes(self, seed: bytes) -> list[str]:
        step = int(self.server.admin("GET", "/_garrison/clock")[1]["now"]) // 30
        return [code(base64.b32decode(seed), step + n) for n in (-1, 0)]

    def repair(self, aws: Aws, folder: Path) -> None:
        """What is wrong in the management account, and with the organization's guardrails, is put right."""
        made = aws(
            "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "bob",
            "--outfile", str(folder / "seed"), "--bootstrap-method", "Base32StringSeed",
        )["VirtualMFADevice"]  # fmt: skip
        first, second = self.codes((folder / "seed").read_bytes())
        for command in (
            ("iam", "enable-mfa-device", "--user-name", "bob", "--serial-number", made["SerialNumber"],
             "--authentication-code1", first, "--authentication-code2", second),
            ("iam", "delete-access-key", "--user-name", "bob", "--access-key-id", self.old),
            ("iam", "detach-role-policy", "--role-name", "ops", "--policy-arn", self.everything),
            ("iam", "delete-policy", "--policy-arn", self.everything),
            ("kms", "enable-key-rotation", "--key-id", self.key),
            ("organizations", "enable-policy-type", "--root-id", self.here.root_id,
             "--policy-type", "SERVICE_CONTROL_POLICY"),
        ):  # fmt: skip
            aws(*command)
        guard = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
        made = aws(
            "organizations", "create-policy", "--type", "SERVICE_CONTROL_POLICY", "--name", "stay",
            "--description", "Nobody leaves", "--content", policy(guard),
        )  # fmt: skip
        id = made["Policy"]["PolicySummary"]["Id"]
        aws("organizations", "attach-policy", "--policy-id", id, "--target-id", self.here.root_id)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    folder = tmp_path_factory.mktemp("firm")
    with Server(folder / "data", "--development") as server:
        yield Firm(server, folder / "evidence")


def failing(told: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    return {(r["check"], r["account"], r["subject"]): r["reason"] for r in told["results"] if r["status"] == "FAIL"}


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_what_was_wrong_is_put_right_and_the_signed_report_is_had_by_whom_its_series_is_allowed(
    firm: Firm, tmp_path: Path
) -> None:
    here = firm.here
    admin = firm.who("admin")
    firm.iam.create_group(GroupName="admins")
    firm.iam.attach_group_policy(GroupName="admins", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    firm.iam.add_user_to_group(GroupName="admins", UserName="admin")
    auditor = firm.who("auditor", allow("garrison:PublishReport"), allow("kms:GenerateDataKey", Resource=firm.key))
    only: dict[str, Any] = {"StringEquals": {"artifact:ReportSeries": CIS}}
    having = ("artifact:GetTermForReport", "artifact:GetReport", "artifact:GetReportMetadata")
    reader = firm.who(
        "reader", allow("artifact:ListReports"), allow(*having, Condition=only), allow("kms:Decrypt", Resource=firm.key)
    )

    before = firm.assess()
    bob, whole = f"arn:aws:iam::{here.management}:user/bob", here.org.describe_organization()["Organization"]["Arn"]
    wrong = {
        ("iam.user-mfa", bob): "bob can sign in with a password alone",
        ("iam.access-key-age", bob): f"{firm.old} of bob is 100 days old",
        ("iam.access-key-unused", bob): f"{firm.old} of bob was not used for 100 days",
        ("iam.policy-allows-everything", firm.everything): "the policy everything allows everything",
        ("kms.rotation", firm.key): "the key is not rotated",
        ("organizations.scp-enabled", whole): "service control policies are switched off",
    } | {
        ("organizations.leave-guard", f"arn:aws:iam::{account}:root"): f"an administrator of account {account} can "
        "take it out of the organization"
        for account in (here.member, here.invited)
    }
    todo = {(check, here.management, subject): why for (check, subject), why in wrong.items()}
    assert todo.items() <= failing(before).items()
    others = ("iam.user-mfa", here.invited, f"arn:aws:iam::{here.invited}:user/dave")
    assert others in failing(before)
    first = firm.publish("cis-aws-foundations-5.0", auditor)
    with Aws(firm.server, admin) as aws:
        firm.repair(aws, tmp_path)
        after = firm.assess()
        told = firm.garrison("assess", "diff", before["run"], after["run"], "-o", "json").stdout
        changes: dict[str, set[tuple[str, str, str]]] = {}
        for one in json.loads(told)["changes"]:
            changes.setdefault(one["change"], set()).add((one["check"], one["account"], one["subject"]))
        assert changes == {"fixed": set(todo), "still failing": failing(before).keys() - todo.keys()}
        assert others in changes["still failing"]

        sealed = ("--kms-key", firm.key)
        made, again = (firm.publish("cis-aws-foundations-5.0", auditor, *sealed) for _ in range(2))
        assert (first["report"], first["version"], made["version"]) == (made["report"], 1, 2)
        assert (again, made["kms_key"]) == (made, firm.key)
        soc = firm.publish("soc2", auditor)
        assert (made["series"], made["name"], soc["series"]) == (CIS, f"{CIS} v5-0", SOC)
        listed = {one["id"]: one for one in aws("artifact", "list-reports", by=reader)["reports"]}
        assert {one["series"] for one in listed.values()} == {CIS, SOC}
        assert listed[made["report"]]["version"] == 2
        report = ("--report-id", made["report"])
        terms = aws("artifact", "get-term-for-report", *report, by=reader)
        assert b"confidential" in fetched(terms["documentPresignedUrl"])
        with pytest.raises(Refused, match="ValidationException"):
            aws("artifact", "get-report", *report, "--term-token", "none", by=reader)
        link = aws("artifact", "get-report", *report, "--term-token", terms["termToken"], by=reader)
        for command, action in (("get-term-for-report", "GetTermForReport"), ("get-report", "GetReport")):
            more = ("--term-token", terms["termToken"]) if command == "get-report" else ()
            with pytest.raises(Refused) as refused:
                aws("artifact", command, "--report-id", soc["report"], *more, by=reader)
            assert (
                str(refused.value)
                .strip()
                .endswith(
                    f"An error occurred (AccessDeniedException) when calling the {action} operation: "
                    f"User: arn:aws:iam::{here.management}:user/reader is not authorized to perform: artifact:{action} "
                    f"on resource: {soc['arn']} because no identity-based policy allows the artifact:{action} action"
                )
            )

    pack = fetched(link["documentPresignedUrl"])
    assert hashlib.sha256(pack).hexdigest() == made["sha256"]
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        status = {c["id"]: c["status"] for c in json.loads(archive.read("report.json"))["controls"]}
        page = archive.getinfo("report.html")
    assert (status["1.9"], status["1.13"], status["3.6"]) == ("GAP", "SATISFIED", "SATISFIED")  # 1.9: dave
    file = tmp_path / "pack.zip"
    file.write_bytes(pack)
    done = firm.garrison("evidence", "verify", str(file))
    assert (done.returncode, f"run {after['run']}" in done.stdout) == (0, True), done.stdout
    file.write_bytes(flipped(pack, page.header_offset + 30 + len(page.filename) + page.compress_size // 2))
    done = firm.garrison("evidence", "verify", str(file))
    assert (done.returncode, "NOT INTACT: report.html was changed" in done.stdout) == (1, True), done.stdout
    assert firm.garrison("evidence", "verify").stdout.endswith("intact\n")
    run = max((firm.evidence / "runs").iterdir())
    lines = run.read_bytes().splitlines(keepends=True)
    run.write_bytes(b"".join([lines[0], flipped(lines[1], len(lines[1]) // 2), *lines[2:]]))
    done = firm.garrison("evidence", "verify")
    assert (done.returncode, f"runs/{run.name}:2: " in done.stdout) == (1, True), done.stdout


@pytest.mark.soak
def test_of_a_large_organizations_pack_and_evidence_no_flipped_byte_goes_unseen(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--development") as server:
        firm = Firm(server, tmp_path / "evidence")
        for number in range(7):
            account, keys = server.new_account(f"branch-{number}")
            sent = firm.here.org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
            client(server.url, "organizations", keys).accept_handshake(HandshakeId=sent["Id"])
            iam, kms = client(server.url, "iam", keys), client(server.url, "kms", keys)
            for name in ("one", "two", "three"):
                iam.create_user(UserName=name)
                iam.create_login_profile(UserName=name, Password="Corr3ct-horse-battery")
                iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy(allow("*")))
            kms.create_key()
            firm.accounts.append(account)
        told = [firm.assess() for _ in range(3)][-1]
        assert len(failing(told)) > 80
        auditor = firm.who("auditor", allow("garrison:PublishReport"))
        made = {name: firm.publish(name, auditor) for name in ("cis-aws-foundations-5.0", "nist-800-53-r5", "soc2")}
        assert len({one["report"] for one in made.values()}) == 3
        artifact = client(server.url, "artifact", firm.here.root)
        packs = []
        for one in made.values():
            token = artifact.get_term_for_report(reportId=one["report"])["termToken"]
            packs.append(fetched(artifact.get_report(reportId=one["report"], termToken=token)["documentPresignedUrl"]))
    random = Random(1)
    for pack in packs:
        verified(pack)
        for at in random.sample(range(len(pack)), 2000):
            with pytest.raises(BadPack):
                verified(flipped(pack, at))
    ledger = Ledger(firm.evidence)
    assert ledger.verify().intact
    for file in sorted(one for one in firm.evidence.rglob("*") if one.is_file() and one.name != "lock"):
        whole = file.read_bytes()
        for at in random.sample(range(len(whole)), min(100, len(whole))):
            file.write_bytes(flipped(whole, at))
            if file.parent.name == "keys":
                with suppress(LedgerError):
                    assert not ledger.verify().intact, (file.name, at)
                continue
            found = ledger.verify()
            assert not found.intact, (file.name, at)
            where = "head" if file.name == "head.json" else file.name
            assert any(where in problem.where for problem in found.problems), (file.name, at, found.problems)
        file.write_bytes(whole)
    assert ledger.verify().intact
