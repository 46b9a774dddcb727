"""The credential report."""

from __future__ import annotations

import csv
import io
import time

import pytest

from garrison.services.iam import background
from garrison.services.iam.background import DELAY
from garrison.services.iam.credential_report import COLUMNS, LIFE, OVERDUE, make
from garrison.services.iam.resources import LastUsed
from tests.services.iam.certificates import certificate
from tests.services.iam.conftest import ACCOUNT, Iam

CREATED = "2025-06-15T15:06:40+00:00"


@pytest.fixture(autouse=True)
def by_hand(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Background work waits for the test to do it, but in the tests that say `by itself`."""
    if "by_itself" not in request.node.name:
        monkeypatch.setattr(background, "DELAY", 3600.0)


def report(iam: Iam) -> dict[str, dict[str, str]]:
    iam.run("GenerateCredentialReport")
    make(iam.runtime, ACCOUNT)
    answer = iam.run("GetCredentialReport")
    assert answer["ReportFormat"] == "text/csv"
    assert answer["GeneratedTime"] == iam.clock.now()
    lines = list(csv.DictReader(io.StringIO(answer["Content"].decode())))
    return {line["user"]: line for line in lines}


def test_a_report_goes_from_started_to_complete_to_expired(iam: Iam) -> None:
    assert iam.refused("GetCredentialReport")[0] == "ReportNotPresent"
    assert iam.run("GenerateCredentialReport") == {
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }
    assert iam.run("GenerateCredentialReport") == {"State": "INPROGRESS"}
    assert iam.refused("GetCredentialReport")[0] == "ReportInProgress"
    make(iam.runtime, ACCOUNT)
    assert iam.run("GenerateCredentialReport") == {"State": "COMPLETE"}
    iam.run("GetCredentialReport")
    iam.clock.advance(LIFE)
    assert iam.refused("GetCredentialReport")[0] == "ReportExpired"
    assert iam.run("GenerateCredentialReport")["State"] == "STARTED"


def test_a_report_is_made_by_itself(iam: Iam) -> None:
    iam.run("GenerateCredentialReport")
    deadline = time.monotonic() + DELAY + 5
    while iam.run("GenerateCredentialReport")["State"] != "COMPLETE":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_report_whose_maker_was_stopped_is_started_again(iam: Iam) -> None:
    iam.run("GenerateCredentialReport")
    iam.clock.advance(OVERDUE)
    assert iam.run("GenerateCredentialReport")["State"] == "STARTED"


def test_the_root_row_comes_first_and_knows_no_password(iam: Iam) -> None:
    lines = report(iam)
    assert list(lines) == ["<root_account>"]
    root = lines["<root_account>"]
    assert tuple(root) == COLUMNS
    assert root["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert root["user_creation_time"] == CREATED
    assert root["password_enabled"] == root["password_last_changed"] == "not_supported"
    assert root["password_last_used"] == "no_information"
    assert root["mfa_active"] == root["access_key_1_active"] == root["cert_1_active"] == "false"
    assert root["access_key_1_last_rotated"] == "N/A"


def test_a_user_row_tells_the_state_of_each_credential(iam: Iam) -> None:
    iam.user("ana", Path="/dev/")
    iam.user("bob")
    iam.run("UpdateAccountPasswordPolicy", MaxPasswordAge=10)
    iam.run("CreateLoginProfile", UserName="ana", Password="Correct-Horse-1")
    first = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    iam.clock.advance(60)
    second = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    iam.run("UpdateAccessKey", UserName="ana", AccessKeyId=second, Status="Inactive")
    iam.run("UploadSigningCertificate", UserName="ana", CertificateBody=certificate(0))
    use(iam, first)
    lines = report(iam)
    assert list(lines) == ["<root_account>", "ana", "bob"]
    ana = lines["ana"]
    assert ana["arn"] == f"arn:aws:iam::{ACCOUNT}:user/dev/ana"
    assert ana["password_enabled"] == "true"
    assert ana["password_last_used"] == "no_information"
    assert ana["password_last_changed"] == CREATED
    assert ana["password_next_rotation"] == "2025-06-25T15:06:40+00:00"
    assert [ana[f"access_key_1_{c}"] for c in ("active", "last_rotated", "last_used_date")] == [
        "true",
        CREATED,
        CREATED,
    ]
    assert (ana["access_key_1_last_used_region"], ana["access_key_1_last_used_service"]) == ("us-east-1", "iam")
    assert (ana["access_key_2_active"], ana["access_key_2_last_used_date"]) == ("false", "N/A")
    assert ana["access_key_2_last_rotated"] == "2025-06-15T15:07:40+00:00"
    assert (ana["cert_1_active"], ana["cert_2_active"]) == ("true", "false")
    assert lines["bob"]["password_enabled"] == "false"
    assert lines["bob"]["password_last_used"] == "N/A"


def use(iam: Iam, key_id: str) -> None:
    from garrison.services.iam import last_used
    from garrison.services.iam.resources import ACCESS_KEY

    last_used.note(iam.runtime, ACCESS_KEY, key_id, LastUsed(iam.clock.now() - 60, "us-east-1", "iam"))
