"""Artifact over boto3 and the aws command: reports for whom policies let see them, agreements entered and ended."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.assess.questionnaire import FACTS, QUESTIONS, UNKNOWN
from tests.checks.worlds import Organization, client
from tests.clients.agreements import enter, fetched, session, tokens_for
from tests.clients.aws_command import Aws
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server
from tests.documents import marks, pdf, signed_pdf

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("artifact")]

PERIOD = {"periodStart": datetime(2026, 1, 1, tzinfo=UTC), "periodEnd": datetime(2026, 6, 30, tzinfo=UTC)}
SOC = {
    "name": "SOC 2 Type II", "series": "SOC 2", "category": "Certifications and Attestations",
    "companyName": "Example Auditors", "productName": "Garrison",
}  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    env = {k: v for k, v in os.environ.items() if k != "AWS_DATA_PATH"} | {"HOME": str(home)}
    subprocess.run([sys.executable, "-m", "garrison.cli.main", "models", "install"], env=env, check=True)
    return home / ".aws" / "models"


class Desk:
    """Clients of one principal."""

    def __init__(self, server: Server, keys: Credentials) -> None:
        made: Any = session(keys)
        self.artifact, self.garrison, self.iam, self.organizations, self.sts = (
            made.client(name, endpoint_url=server.url)
            for name in ("artifact", "garrison", "iam", "organizations", "sts")
        )

    def user(self, server: Server, name: str, *statements: dict[str, Any]) -> Desk:
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="its", PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Desk(server, Credentials(key["AccessKeyId"], key["SecretAccessKey"]))


def test_a_report_is_published_by_an_auditor_and_had_by_whom_its_series_is_allowed(server: Server) -> None:
    root = Desk(server, server.new_account("reports")[1])
    auditor = root.user(server, "auditor", allow("garrison:PublishReport", "garrison:UnpublishReport"))
    key = ec.generate_private_key(ec.SECP256R1())
    document = b"the auditor's opinion"
    signed = {
        "signature": key.sign(document, ec.ECDSA(SHA256())),
        "publicKey": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }
    with pytest.raises(ClientError, match="signature is not of this document"):
        auditor.garrison.publish_report(document=document + b"!", **SOC, **PERIOD, **signed)
    made = auditor.garrison.publish_report(document=document, **SOC, **PERIOD, **signed)
    assert made["sha256"] == hashlib.sha256(document).hexdigest()
    assert len(made["signedWith"]) == 64
    other = auditor.garrison.publish_report(document=b"our own", **SOC | {"series": "CIS"}, **PERIOD)
    with pytest.raises(ClientError, match="name must have"):
        auditor.garrison.publish_report(document=document, **SOC | {"name": "CIS 5.0"}, **PERIOD)
    with pytest.raises(ClientError, match="artifact:ListReports"):
        auditor.artifact.list_reports()

    listing = allow("artifact:ListReports", "artifact:ListReportVersions")
    only = {"StringEquals": {"artifact:ReportSeries": "SOC 2"}}
    having = ("artifact:GetReport", "artifact:GetTermForReport", "artifact:GetReportMetadata")
    reader = root.user(server, "reader", listing, allow(*having, Condition=only))
    listed = {one["id"]: one for one in reader.artifact.list_reports()["reports"]}
    assert listed[made["reportId"]]["series"] == "SOC 2"
    id = made["reportId"]
    terms = reader.artifact.get_term_for_report(reportId=id)
    assert b"confidential" in fetched(terms["documentPresignedUrl"])
    url = reader.artifact.get_report(reportId=id, termToken=terms["termToken"])["documentPresignedUrl"]
    assert fetched(url) == document
    for spoiled in (url[:-8] + "AAAA" + url[-4:], url + "x", url.replace("link=", "link=x")):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            fetched(spoiled)
    with pytest.raises(ClientError, match="not authorized to perform: artifact:GetTermForReport"):
        reader.artifact.get_term_for_report(reportId=other["reportId"])
    with pytest.raises(ClientError, match="invalid or has expired"):
        root.artifact.get_report(reportId=id, termToken=terms["termToken"])

    stranger = Desk(server, server.new_account("stranger")[1])
    assert not {id, other["reportId"]} & {one["id"] for one in stranger.artifact.list_reports()["reports"]}
    attempts: list[Callable[[], Any]] = [
        lambda: stranger.artifact.get_report_metadata(reportId=id),
        lambda: stranger.artifact.get_term_for_report(reportId=id),
        lambda: stranger.garrison.publish_report(reportId=id, document=b"forged", **PERIOD),
        lambda: stranger.garrison.unpublish_report(reportId=id),
    ]
    for refused in attempts:
        with pytest.raises(ClientError, match="ResourceNotFound"):
            refused()
    again = auditor.garrison.publish_report(reportId=id, document=b"the next", **PERIOD)
    assert (again["reportId"], again["reportVersion"]) == (id, 2)
    assert [one["version"] for one in reader.artifact.list_report_versions(reportId=id)["reports"]] == [2, 1]
    with pytest.raises(ClientError, match="invalid or has expired"):
        reader.artifact.get_report(reportId=id, termToken=terms["termToken"])
    details = reader.artifact.get_report_metadata(reportId=id, reportVersion=1)["reportDetails"]
    assert (details["sequenceNumber"], details["periodEnd"], details["acceptanceType"]) == (
        1, PERIOD["periodEnd"], "PASSTHROUGH",
    )  # fmt: skip
    with pytest.raises(ClientError, match="ResourceNotFound"):
        root.artifact.get_report_metadata(reportId="report-" + "x" * 16)
    auditor.garrison.unpublish_report(reportId=id)
    assert id not in {one["id"] for one in reader.artifact.list_reports()["reports"]}
    assert reader.artifact.get_report_metadata(reportId=id)["reportDetails"]["state"] == "UNPUBLISHED"
    for file in (server.data / "artifact").rglob("*"):
        assert file.is_dir() or b"opinion" not in file.read_bytes()


def test_a_signed_opinion_lies_under_a_key_and_says_who_has_a_copy(server: Server) -> None:
    account, keys = server.new_account("opinion")
    root = Desk(server, keys)
    kms = client(server.url, "kms", keys)
    key, foreign = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    trusting = policy({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"})
    root.iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=trusting)
    sealing = allow("kms:GenerateDataKey", Resource=key, Condition={
        "StringEquals": {"kms:ViaService": "artifact.us-east-1.amazonaws.com"}})  # fmt: skip
    may = policy(allow("garrison:PublishReport"), sealing)
    root.iam.put_role_policy(RoleName="auditor", PolicyName="publish", PolicyDocument=may)
    clerk = root.user(server, "clerk", allow("sts:AssumeRole"), allow("artifact:*"))
    assumed = clerk.sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/auditor", RoleSessionName="ana")
    made = assumed["Credentials"]
    auditor = Desk(server, Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]))
    reader = root.user(server, "reader", allow("artifact:*", "kms:Decrypt"))

    signing = ec.generate_private_key(ec.SECP256R1())
    public = signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    document = signed_pdf(pdf("Our opinion", "And why"), signing)
    at = document.index(b"/MediaBox") + 15
    forged = document[:at] + bytes([document[at] ^ 1]) + document[at + 1 :]
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    for bad, more, why in (
        (forged, {}, "The signature Opinion is not of this document"),
        (b"%PDF-1.7 nothing", {}, "cannot be read as a PDF"),
        (document, {"publicKey": other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()},
         "not of this document by this key"),
        (document, {"kmsKeyId": foreign}, "not authorized to perform: kms:GenerateDataKey"),
    ):  # fmt: skip
        with pytest.raises(ClientError, match=why):
            auditor.garrison.publish_report(document=bad, **SOC, **PERIOD, **{"kmsKeyId": key} | more)
    published = auditor.garrison.publish_report(document=document, **SOC, **PERIOD, publicKey=public, kmsKeyId=key)
    assert (published["reportVersion"], published["kmsKeyArn"], len(published["signedWith"])) == (1, key, 64)
    again = auditor.garrison.publish_report(document=document, **SOC, **PERIOD, publicKey=public, kmsKeyId=key)
    assert again["reportVersion"] == 1
    with pytest.raises(ClientError, match="not authorized to perform: artifact:GetTermForReport"):
        auditor.artifact.get_term_for_report(reportId=published["reportId"])

    def link(desk: Desk) -> str:
        terms = desk.artifact.get_term_for_report(reportId=published["reportId"])
        told = desk.artifact.get_report(reportId=published["reportId"], termToken=terms["termToken"])
        return str(told["documentPresignedUrl"])

    with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt on resource: " + key):
        link(clerk)
    url = link(reader)
    copy = fetched(url)
    assert copy.startswith(document)
    (line,) = set(marks(copy))
    assert line.startswith(f"Downloaded by arn:aws:iam::{account}:user/reader, 20")
    kms.disable_key(KeyId=key)
    with pytest.raises(urllib.error.HTTPError) as gone:
        fetched(url)
    assert (gone.value.code, f"{key} is disabled." in gone.value.read().decode()) == (409, True)
    with pytest.raises(ClientError, match=f"ConflictException.* {key} is disabled."):
        link(reader)
    kms.enable_key(KeyId=key)
    assert fetched(link(reader)).startswith(document)


def test_who_publish_at_once_meet_in_one_report(server: Server) -> None:
    root = Desk(server, server.new_account("at-once")[1])
    documents = [b"the same"] * 4 + [f"another {n}".encode() for n in range(4)]

    def publish(document: bytes) -> dict[str, Any]:
        made: dict[str, Any] = root.garrison.publish_report(document=document, **SOC, **PERIOD)
        return made

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(publish, documents))
    assert len({one["reportId"] for one in made}) == 1
    assert len({one["reportVersion"] for one in made[:4]}) == 1
    assert {one["reportVersion"] for one in made} == {1, 2, 3, 4, 5}
    for document, one in zip(documents, made, strict=True):
        named = {"reportId": one["reportId"], "reportVersion": one["reportVersion"]}
        token = root.artifact.get_term_for_report(**named)["termToken"]
        assert fetched(root.artifact.get_report(**named, termToken=token)["documentPresignedUrl"]) == document
    root.garrison.unpublish_report(reportId=made[0]["reportId"])
    assert root.garrison.publish_report(document=b"the same", **SOC, **PERIOD)["reportVersion"] == 6
    assert [one["id"] for one in root.artifact.list_reports()["reports"]] == [made[0]["reportId"]]


@pytest.mark.soak
def test_a_version_that_is_there_has_its_documents_whenever_the_server_was_killed(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    random, answered = Random(1), dict[int, bytes]()
    try:
        for turn in range(10):
            root = Desk(server, server.root)
            assert server.process is not None
            killer = threading.Timer(random.uniform(0.05, 1.5), server.process.kill)
            killer.start()
            with suppress(ClientError, BotoCoreError):
                for n in range(1000):
                    document = random.randbytes(200_000) + f"{turn} {n}".encode()
                    made = root.garrison.publish_report(document=document, **SOC, **PERIOD)
                    answered[made["reportVersion"]] = document
            killer.join()
            server.process.wait(30)
            server.start()
            artifact = Desk(server, server.root).artifact
            reports = artifact.list_reports()["reports"]
            newest = reports[0]["version"] if reports else 0
            assert newest >= max(answered, default=0), "what was answered is there"
            for number in range(1, newest + 1):
                named = {"reportId": reports[0]["id"], "reportVersion": number}
                token = artifact.get_term_for_report(**named)["termToken"]
                held = fetched(artifact.get_report(**named, termToken=token)["documentPresignedUrl"])
                assert held == answered.get(number, held)
                assert len(held) > 200_000
    finally:
        server.stop()
    assert len(answered) > 10


def test_an_agreement_is_entered_step_by_step_and_ended(server: Server) -> None:
    account, keys = server.new_account("agreements")
    root = Desk(server, keys)
    root.artifact.put_account_settings(notificationSubscriptionStatus="SUBSCRIBED")
    asked = root.garrison.put_account_regulations(regulations=["hipaa"])["agreements"]
    missing = {one["kind"] for one in asked if not one["covered"]}
    assert missing == {"BAA", "RAD"}
    with pytest.raises(ClientError, match="is none of"):
        root.garrison.put_account_regulations(regulations=["moon"])
    listed = root.artifact.list_agreements()["agreements"]
    baa = next(one["id"] for one in listed if one["name"] == "Business Associate Addendum")
    accepting = tokens_for(root.artifact, baa)
    made = root.artifact.accept_agreement(**accepting)["customerAgreement"]
    with pytest.raises(ClientError, match="invalid or has expired"):
        root.artifact.accept_agreement(**accepting)
    assert (made["state"], made["type"]) == ("ACTIVE", "DEFAULT")
    with pytest.raises(ClientError, match="Conflict"):
        enter(root.artifact, baa)
    now = {one["kind"]: one["covered"] for one in root.garrison.get_account_regulations()["agreements"]}
    assert now == {"BAA": True, "RAD": False}
    held = root.artifact.get_customer_agreement(customerAgreementId=made["id"])
    assert b"Business Associate" in fetched(held["documentPresignedUrl"])
    ended = root.artifact.terminate_agreement(
        customerAgreementId=made["id"], terminateAgreementToken=held["terminateAgreementToken"]
    )["customerAgreement"]
    assert (ended["state"], "effectiveEnd" in ended) == ("CUSTOMER_TERMINATED", True)
    again = enter(root.artifact, baa)
    assert again["id"] != made["id"]
    states = {one["id"]: one["state"] for one in root.artifact.list_customer_agreements()["customerAgreements"]}
    assert states == {made["id"]: "CUSTOMER_TERMINATED", again["id"]: "ACTIVE"}
    told: list[tuple[str, str]] = []
    deadline = time.monotonic() + 60
    while len(told) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
        file = server.data / "artifact" / "notifications.jsonl"
        events = [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []
        told = [(e["detail-type"], e["detail"]["state"]) for e in events if e["account"] == account]
    states_told = ("ACTIVE", "CUSTOMER_TERMINATED", "ACTIVE")
    assert told == [("AWS Artifact Agreement Status Changed", state) for state in states_told]


def test_what_the_management_account_accepts_covers_members_while_they_are_members(server: Server) -> None:
    here = Organization(server, "covered")
    root = Desk(server, here.root)
    listed = root.artifact.list_agreements()["agreements"]
    baa = next(one["id"] for one in listed if one["name"] == "Organizations Business Associate Addendum")
    with pytest.raises(ClientError, match="trusted access"):
        enter(root.artifact, baa)
    root.organizations.enable_aws_service_access(ServicePrincipal="artifact.amazonaws.com")
    made = enter(root.artifact, baa)
    assert made["organizationArn"].endswith(here.id)
    late, late_root = server.new_account("late")
    newcomer = Desk(server, late_root)

    def covering() -> list[str]:
        return [one["id"] for one in newcomer.artifact.list_customer_agreements()["customerAgreements"]]

    assert covering() == []
    with pytest.raises(ClientError, match="management account"):
        enter(newcomer.artifact, baa)
    sent = root.organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": late})["Handshake"]
    newcomer.organizations.accept_handshake(HandshakeId=sent["Id"])
    assert covering() == [made["id"]]
    held = newcomer.artifact.get_customer_agreement(customerAgreementId=made["id"])
    assert "terminateAgreementToken" not in held
    newcomer.organizations.leave_organization()
    assert covering() == []


def test_the_aws_command_has_the_operations_its_sdk_lacks(server: Server, models: Path) -> None:
    keys = server.new_account("command")[1]
    with Aws(server, keys, AWS_DATA_PATH=str(models)) as aws:
        baa = aws("artifact", "list-agreements")["agreements"][0]["id"]
        nda = aws("artifact", "get-nda-for-agreement", "--agreement-id", baa)
        assert nda["acceptNdaForAgreementToken"].startswith("nda-token-")

        def status() -> str:
            told: str = aws("artifact", "get-account-settings")["accountSettings"]["notificationSubscriptionStatus"]
            return told

        assert status() == "NOT_SUBSCRIBED"
        aws("artifact", "put-account-settings", "--notification-subscription-status", "SUBSCRIBED")
        assert status() == "SUBSCRIBED"


def workbook(questions: list[str]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Security"
    sheet.append(["No", "Question", "Answer"])
    for n, question in enumerate(questions, 1):
        sheet.append([n, question, ""])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_questionnaire_is_answered_from_evidence_with_citations(server: Server) -> None:
    account, keys = server.new_account("questionnaire")
    root = Desk(server, keys)
    root.iam.update_account_password_policy(MinimumPasswordLength=16, PasswordReusePrevention=24)
    root.iam.create_user(UserName="ana")
    root.iam.create_login_profile(UserName="ana", Password="Corr3ct-horse-battery")
    environment = dict(server.env) | {"NO_COLOR": "1"}
    command = [sys.executable, "-m", "garrison.cli.main", "assess", "run", "--no-act", "--account", account]
    subprocess.run(command, env=environment, capture_output=True, check=False, timeout=300)
    questions = [question for question, _ in QUESTIONS]
    asked = {"name": "A customer", "inquiryContent": {"fileContent": {"content": workbook(questions)}}}
    made = root.artifact.create_compliance_inquiry(**asked, clientToken="t-1", tags={"customer": "a"})
    inquiry = made["complianceInquirySummary"]
    assert (inquiry["status"], inquiry["inputSource"]) == ("COMPLETED", "FILE")
    again = root.artifact.create_compliance_inquiry(**asked, clientToken="t-1")
    assert again["complianceInquirySummary"]["id"] == inquiry["id"]
    with pytest.raises(ClientError, match="Conflict"):
        root.artifact.create_compliance_inquiry(**asked | {"name": "Another"}, clientToken="t-1")
    pages = root.artifact.get_paginator("list_compliance_inquiry_queries").paginate(
        complianceInquiryId=inquiry["id"], PaginationConfig={"PageSize": 15}
    )
    answers = {one["query"]: one for page in pages for one in page["queries"]}
    assert list(answers) == questions
    kept = b"".join(file.read_bytes() for file in (server.data / "evidence" / "runs").glob("*.jsonl")).decode()
    for question, may_be in QUESTIONS:
        told = answers[question]
        response, cited = told["response"], told["citations"]
        assert (told["status"], told["reviewType"]) == ("COMPLETED", "AI")
        if may_be == UNKNOWN:
            assert (response.startswith(UNKNOWN), cited) == (True, []), told
        assert bool(cited) or response.startswith(UNKNOWN), told
        assert may_be != FACTS or not response.startswith("Yes"), told
        for one in cited:
            assert f'"hash":"{one["sourceLabel"].removeprefix("Evidence ")}' in kept
    length = answers["Do passwords have a minimum length of 14 characters?"]
    assert length["response"].startswith("Yes: Passwords have at least 14 characters")
    digest = length["citations"][0]["sourceLabel"].removeprefix("Evidence ")
    shown = subprocess.run(
        [sys.executable, "-m", "garrison.cli.main", "evidence", "show", digest],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(shown.stdout)["check"] == "iam.password-length"
    assert answers["Is logging enabled in all regions?"]["response"].startswith(("No", "Partly"))
    assert answers["How long are audit logs retained?"]["response"].startswith("Not answerable from evidence")
    url = root.artifact.export_compliance_inquiry(
        complianceInquiryId=inquiry["id"], queryIdentifiers=[5, 40], includeCitations=True
    )["documentPresignedUrl"]
    whole = root.artifact.export_compliance_inquiry(complianceInquiryId=inquiry["id"], includeCitations=True)
    book = openpyxl.load_workbook(io.BytesIO(fetched(whole["documentPresignedUrl"]))).active
    exported = list(book.iter_rows(values_only=True, min_row=2))
    assert [(row[0], row[1], row[2]) for row in exported] == [
        ("Security", str(n), q) for n, q in enumerate(questions, 2)
    ]
    assert all(str(row[4]).startswith(str(row[3])) and bool(row[5]) == bool(answers[str(row[2])]["citations"])
               for row in exported)  # fmt: skip
    rows = list(openpyxl.load_workbook(io.BytesIO(fetched(url))).active.iter_rows(values_only=True))
    assert [row[2] for row in rows] == ["Question", questions[4], questions[39]]
    assert digest in str(rows[1][5])
    said = root.artifact.put_compliance_inquiry_feedback(
        complianceInquiryId=inquiry["id"], queryIdentifier=5, rating="THUMBS_UP", clientToken="f-1"
    )
    assert said["submittedAt"]
    root.artifact.tag_resource(resourceArn=inquiry["arn"], tags={"due": "friday"})
    root.artifact.untag_resource(resourceArn=inquiry["arn"], tagKeys=["customer"])
    assert root.artifact.list_tags_for_resource(resourceArn=inquiry["arn"])["tags"] == {"due": "friday"}
    for content, why in (
        (b"PK\x03\x04broken", "cannot be read"),
        (b"a,b\n1,2\n", "No questions"),
        (b"\xff\xfe", "UTF-8"),
    ):
        with pytest.raises(ClientError, match=why):
            root.artifact.create_compliance_inquiry(name="x", inquiryContent={"fileContent": {"content": content}})
    command = [*command[:4], "answer", "Do users have MFA?", "--account", account, "-o", "json"]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert json.loads(told)["answers"][0]["answer"] == "No"
    one = root.artifact.create_compliance_inquiry(name="One", inquiryContent={"query": "Do users have MFA?"})
    listed = root.artifact.list_compliance_inquiries()["complianceInquiries"]
    assert {x["id"] for x in listed} == {inquiry["id"], one["complianceInquirySummary"]["id"]}
