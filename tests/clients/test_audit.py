"""An audit runs against a real account, an auditor with MFA attests what it found, and nobody else can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.agreements import session
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server
from tests.clients.totp_codes import Authenticator

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("audit")]

MAY = ("garrison:ListAudits", "garrison:GetAudit", "garrison:GetAuditItem", "garrison:ListAuditAttestations",
       "garrison:AttestAuditItem", "garrison:WithdrawAuditAttestation")  # fmt: skip
ITEM = "access.users-reviewed"


def of(answer: dict[str, Any]) -> Credentials:
    made = answer["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


class Audited:
    """An account with a user to review, an auditor's role, and whoever may assume it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.account, self.root = server.new_account("audited")
        self.iam = session(self.root).client("iam", endpoint_url=server.url)
        self.iam.create_user(UserName="ana")
        self.vera = self.user("vera", allow("sts:AssumeRole"))
        device = self.iam.create_virtual_mfa_device(VirtualMFADeviceName="vera")["VirtualMFADevice"]
        self.serial = device["SerialNumber"]
        self.codes = Authenticator(device["Base32StringSeed"])
        codes = {"AuthenticationCode1": self.codes.next(), "AuthenticationCode2": self.codes.next()}
        self.iam.enable_mfa_device(UserName="vera", SerialNumber=self.serial, **codes)
        sts = session(self.vera).client("sts", endpoint_url=server.url)
        proved = sts.get_session_token(SerialNumber=self.serial, TokenCode=self.codes.next())
        self.proved = of(proved)
        self.role("auditor", allow(*MAY), mfa=True)

    def user(self, name: str, *statements: dict[str, Any]) -> Credentials:
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def role(self, name: str, *statements: dict[str, Any], mfa: bool) -> None:
        trust: dict[str, Any] = {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{self.account}:user/vera"},
        }  # fmt: skip
        if mfa:
            trust["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))

    def assumed(self, name: str, *, mfa: bool) -> Credentials:
        sts = session(self.proved if mfa else self.vera).client("sts", endpoint_url=self.server.url)
        return of(sts.assume_role(RoleArn=f"arn:aws:iam::{self.account}:role/{name}", RoleSessionName="vera"))

    def client(self, keys: Credentials) -> Any:
        return session(keys).client("garrison", endpoint_url=self.server.url)

    def garrison(self, *arguments: str, keys: Credentials, check: bool = True) -> subprocess.CompletedProcess[str]:
        env = self.server.env | {
            "AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip
        env |= {"AWS_SESSION_TOKEN": keys.session_token} if keys.session_token else {}
        command = [sys.executable, "-m", "garrison.cli.main", "audit", *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def run(self, *more: str) -> dict[str, Any]:
        done = self.garrison("run", "--account", self.account, "-o", "json", *more, keys=self.root, check=False)
        assert done.returncode in (0, 3), done.stderr  # Inspector is not on here: nobody may know of its findings
        told: dict[str, Any] = json.loads(done.stdout)
        return told


@pytest.fixture
def audited(server: Server) -> Audited:
    return Audited(server)


def items(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["item"]: one for one in told["items"]}


def test_an_auditor_attests_what_was_found_and_it_lapses_when_that_changes(audited: Audited, tmp_path: Path) -> None:
    first = audited.run("--no-act")
    found = items(first)
    assert len(found) > 40
    assert found["access.refusal"]["standing"] == "NOT_AVAILABLE"
    assert "iam.deny-wins" in found["access.refusal"]["reason"]
    assert (found["access.root-user"]["standing"], found["access.root-user"]["reason"]) == (
        "NOT_MET", "the root user has access keys",
    )  # fmt: skip
    assert found[ITEM]["standing"] == "NEEDS_ATTESTATION"
    assert {m[0].rpartition("/")[2] for m in found[ITEM]["sample"]["members"]} == {"ana", "vera"}
    digest = found[ITEM]["digest"]

    auditor = audited.assumed("auditor", mfa=True)
    document = tmp_path / "review.txt"
    document.write_text("reviewed with their managers")
    attesting = ("attest", ITEM, "--statement", "Both are needed.", "--document", str(document))
    wrong = audited.garrison(*attesting, "--digest", "0" * 64, keys=auditor, check=False)
    assert wrong.returncode == 1
    assert f"in account {audited.account}" in wrong.stderr
    assert digest in wrong.stderr
    rooted = audited.garrison(*attesting, "--digest", "0" * 64, keys=audited.root, check=False)
    assert rooted.returncode == 1
    assert "Root users attest nothing" in rooted.stderr
    said = audited.garrison(*attesting, "--digest", digest[:12], keys=auditor)
    id = said.stdout.split()[0]
    shown = json.loads(audited.garrison("show", ITEM, "--account", audited.account, "-o", "json", keys=auditor).stdout)
    [one] = shown["items"]
    assert (one["standing"], one["attestation"]["by"], one["attestation"]["digest"], one["attestation"]["mfa"]) == (
        "ATTESTED", f"arn:aws:sts::{audited.account}:assumed-role/auditor/vera", digest, True,
    )  # fmt: skip
    assert len(one["attestation"]["document_sha256"]) == 64
    # It is in the evidence, sealed, and the same again holds.
    again = items(audited.run("--no-act"))
    assert (again[ITEM]["standing"], again[ITEM]["digest"]) == ("ATTESTED", digest)
    audited.iam.attach_user_policy(UserName="ana", PolicyArn="arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
    after = audited.run("--no-act")
    assert items(after)[ITEM]["standing"] == "NEEDS_ATTESTATION"
    assert "has changed since" in items(after)[ITEM]["reason"]
    diff = audited.garrison("diff", first["audit"], after["audit"], "-o", "json", keys=auditor, check=False)
    changes = {c["item"]: c["change"] for c in json.loads(diff.stdout)["changes"]}
    assert changes[ITEM] == "worse"
    bundle = tmp_path / "audit.zip"
    reporting = ("report", "--account", audited.account, "-o", "bundle", "--out")
    written = audited.garrison(*reporting, str(bundle), keys=audited.root)
    assert f"Wrote {bundle}" in written.stderr
    failed = audited.garrison(*reporting, str(tmp_path / "none" / "x.zip"), keys=audited.root, check=False)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].endswith("x.zip cannot be written: No such file or directory")
    assert "Traceback" not in failed.stderr
    with zipfile.ZipFile(bundle) as packed:
        report = packed.read("report.html").decode()
    assert "Both are needed." in report
    assert digest in report
    assert "aws-security" in audited.server.command("evidence", "verify", str(bundle)).stdout

    # What is attested is of the newest audit, by its digest, within the item's days; never of what failed.
    garrison = audited.client(auditor)
    saying = {"opinion": "SATISFIED", "statement": "So it is."}
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("ConflictException", {"auditItemId": ITEM, "evidenceDigest": digest}),
        ("ConflictException", {"auditItemId": ITEM, "evidenceDigest": digest, "auditId": first["audit"]}),
        ("ValidationException", {"auditItemId": ITEM, "evidenceDigest": items(after)[ITEM]["digest"],
                                 "validDays": 366}),
        ("ValidationException", {"auditItemId": "access.root-user",
                                 "evidenceDigest": items(after)["access.root-user"]["digest"]}),
        ("ResourceNotFoundException", {"auditItemId": "access.moon", "evidenceDigest": digest}),
    ]  # fmt: skip
    for code, params in attempts:
        with pytest.raises(ClientError, match=code):
            garrison.attest_audit_item(**saying, **params)
    withdrawn = garrison.withdraw_audit_attestation(attestationId=id)["attestation"]
    assert withdrawn["withdrawn"] is True
    assert [a["withdrawn"] for a in garrison.list_audit_attestations(auditItemId=ITEM)["attestations"]] == [True]
    audit = garrison.get_audit()
    assert {one["auditItemId"]: one["standing"] for one in audit["items"]}[ITEM] == "NEEDS_ATTESTATION"
    pages = garrison.get_paginator("list_audits").paginate(maxResults=2)
    listed = [one["auditId"] for page in pages for one in page["audits"]]
    assert (listed[0], listed[-1], len(listed)) == (after["audit"], first["audit"], 3)
    verified = audited.server.command("evidence", "verify")
    assert verified.stdout.endswith("intact\n")


def test_nobody_attests_who_could_have_arranged_it(audited: Audited) -> None:
    found = items(audited.run("--no-act"))
    asked = {"auditItemId": ITEM, "evidenceDigest": found[ITEM]["digest"], "opinion": "SATISFIED", "statement": "Fine."}

    def refused(keys: Credentials, why: str) -> None:
        with pytest.raises(ClientError, match="AccessDenied") as caught:
            audited.client(keys).attest_audit_item(**asked)
        assert why in caught.value.response["Error"]["Message"]

    refused(audited.root, "root users attest nothing")
    reader = audited.user("reader", allow("garrison:GetAudit"))
    refused(reader, "garrison:AttestAuditItem on resource: arn:aws:garrison:us-east-1:")
    refused(audited.user("key", allow("garrison:AttestAuditItem")), "without MFA")
    audited.role("admin", allow("*"), mfa=True)
    refused(audited.assumed("admin", mfa=True), "duties are separate: whoever may do iam:PutRolePolicy")
    audited.role("network", allow(*MAY, Resource="arn:aws:garrison:*:*:audit-item/network.*"), mfa=True)
    refused(audited.assumed("network", mfa=True), "no identity-based policy allows")
    with pytest.raises(ClientError, match="AccessDenied"):
        audited.assumed("auditor", mfa=False)
    # Whoever changed what is attested has somebody else attest it, whatever role it is done in.
    ana = f"arn:aws:iam::{audited.account}:user/ana"
    may = policy(allow("sts:AssumeRole"), allow("iam:TagUser", Resource=ana))
    audited.iam.put_user_policy(UserName="vera", PolicyName="own", PolicyDocument=may)
    vera = session(audited.vera).client("iam", endpoint_url=audited.server.url)
    auditor = audited.assumed("auditor", mfa=True)
    vera.tag_user(UserName="ana", Tags=[{"Key": "reviewed", "Value": "yes"}])
    refused(auditor, f"nobody attests their own change: vera called TagUser on {ana}")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        audited.client(audited.server.new_account("stranger")[1]).get_audit()
    trail = session(audited.root).client("cloudtrail", endpoint_url=audited.server.url)
    looked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "AttestAuditItem"}]}
    deadline = time.monotonic() + 30
    codes: list[str | None] = []
    while codes.count("AccessDenied") + codes.count("AccessDeniedException") < 6 and time.monotonic() < deadline:
        events = trail.lookup_events(**looked)["Events"]
        codes = [json.loads(event["CloudTrailEvent"]).get("errorCode") for event in events]
        time.sleep(0.1)
    assert codes.count("AccessDenied") + codes.count("AccessDeniedException") == 6, codes


@pytest.mark.soak
def test_an_attestation_outlives_a_crash_and_ends_with_its_days(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--development") as server:
        audited = Audited(server)
        found = items(audited.run())
        assert found["access.refusal"]["standing"] == "MET", found["access.refusal"]
        failing = ("run", "--no-act", "--account", audited.account, "--fail-on", "not-met")
        assert audited.garrison(*failing, keys=audited.root, check=False).returncode == 1
        auditor = audited.assumed("auditor", mfa=True)
        saying = ("--statement", "Both are needed.", "--digest", found[ITEM]["digest"])
        audited.garrison("attest", ITEM, *saying, "--valid-days", "30", keys=auditor)
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.start()
        garrison = audited.client(auditor)
        [kept] = garrison.list_audit_attestations()["attestations"]
        assert (kept["statement"], kept["evidenceDigest"]) == ("Both are needed.", found[ITEM]["digest"])

        def stands() -> str:
            shown = audited.garrison("show", ITEM, "--account", audited.account, "-o", "json", keys=audited.root)
            standing: str = json.loads(shown.stdout)["items"][0]["standing"]
            told = {one["auditItemId"]: one["standing"] for one in audited.client(audited.root).get_audit()["items"]}
            assert told[ITEM] == standing
            return standing

        assert stands() == "ATTESTED"
        server.command("clock", "advance", "29d")
        assert stands() == "ATTESTED"
        server.command("clock", "advance", "2d")
        assert stands() == "EXPIRED"
        # Evidence that was touched tells nothing, and nothing can be attested over it.
        run = max((server.data / "evidence" / "runs").glob("*.jsonl"))
        whole = run.read_bytes()
        run.write_bytes(whole.replace(b"Both are needed.", b"All are needless"))
        with pytest.raises(ClientError, match="is not what was written"):
            audited.client(audited.root).get_audit()


@pytest.mark.soak
def test_several_attest_at_once_and_each_is_kept(audited: Audited) -> None:
    found = items(audited.run("--no-act"))
    wanted = [id for id, one in found.items() if one["standing"] == "NEEDS_ATTESTATION"][:8]
    auditor = audited.assumed("auditor", mfa=True)

    def attest(item: str) -> str:
        digest = found[item]["digest"]
        made = audited.client(auditor).attest_audit_item(
            auditItemId=item, evidenceDigest=digest, opinion="SATISFIED", statement=item
        )
        id: str = made["attestation"]["attestationId"]
        return id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(attest, wanted))
    assert len(set(ids)) == len(wanted) == 8
    pages = audited.client(auditor).get_paginator("list_audit_attestations").paginate(maxResults=3)
    kept = {one["attestationId"]: one["statement"] for page in pages for one in page["attestations"]}
    assert {kept[id] for id in ids} == set(wanted)
