"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

TESTS = """
import boto3
import pytest

ANA = "arn:aws:iam::123456789012:user/ana"
ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}'


def test_who_may_do_what(garrison, assert_allowed, assert_denied):
    iam = garrison.client("iam")
    iam.create_user(UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=ALLOW)
    assert_allowed(ANA, "s3:GetObject", "arn:aws:s3:::a/b")
    assert_denied(ANA, "s3:PutObject", "arn:aws:s3:::a/b", because="DENY_IMPLICIT_IDENTITY")
    with pytest.raises(AssertionError, match="expected to be denied because of DENY_EXPLICIT_SCP"):
        assert_denied(ANA, "s3:PutObject", because="DENY_EXPLICIT_SCP")
    with pytest.raises(AssertionError, match="expected to be allowed"):
        assert_allowed(ANA, "s3:PutObject")


def test_each_test_begins_empty(garrison):
    assert garrison.client("iam").list_users()["Users"] == []


def test_the_environment_points_clients_there(garrison, monkeypatch):
    for name, value in garrison.environment.items():
        monkeypatch.setenv(name, value)
    assert boto3.client("sts").get_caller_identity()["Account"] == garrison.account
"""


def inner_pytest(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    known = any(point.value == "garrison.pytest_plugin" for point in entry_points(group="pytest11"))
    plugin = [] if known else ["-p", "garrison.pytest_plugin"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *more],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.client
def test_fixtures_start_a_server_and_assertions_say_why(tmp_path: Path) -> None:
    (tmp_path / "test_inner.py").write_text(TESTS)
    done = inner_pytest(tmp_path, "-p", "no:cacheprovider")
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_the_plugin_alone_imports_nothing_heavy() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import garrison.pytest_plugin;"
        "print(sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"botocore", "boto3", "sqlalchemy", "msgspec", "click", "cryptography", "uvicorn", "rich"}
    assert not heavy & set(eval(done.stdout)), done.stdout
