"""Policy files: what AWS accepts and yet grants nothing is found, with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from garrison.cli.main import cli

TYPO = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:ListObject",
      "Resource": "arn:aws:s3:::reports"
    }
  ]
}
"""
CORRECTED = TYPO.replace("s3:ListObject", "s3:ListBucket")


@pytest.fixture
def typo(tmp_path: Path) -> Path:
    path = tmp_path / "typo.json"
    path.write_text(TYPO)
    return path


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    path = tmp_path / "corrected.json"
    path.write_text(CORRECTED)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def test_an_action_that_does_not_exist_is_found_on_its_line(typo: Path) -> None:
    said = run("policy", "lint", typo)
    assert said.exit_code == 1
    assert f"{typo}:6:" in said.stdout
    assert "s3:ListObject" in said.stdout
    assert "ListBucket" in said.stdout


def test_the_policy_with_the_typo_grants_nothing_and_the_corrected_one_does(typo: Path, corrected: Path) -> None:
    question = ["--action", "s3:ListBucket", "--resource", "arn:aws:s3:::reports"]
    refused = run("simulate", "--policy", typo, *question)
    assert refused.exit_code == 1
    assert "DENIED" in refused.stdout
    granted = run("simulate", "--policy", corrected, *question)
    assert granted.exit_code == 0
    assert "ALLOWED" in granted.stdout


def test_a_clean_policy_has_no_remarks(corrected: Path) -> None:
    said = run("policy", "lint", corrected, "-o", "json")
    assert said.exit_code == 0
    assert json.loads(said.stdout) == {"schema": 1, "findings": []}


@pytest.mark.parametrize(
    ("policy", "line", "code"),
    [
        ('{\n"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}', 1, "missing-version"),
        (
            '{"Version": "2012-10-17", "Statement": [\n'
            '{"Sid": "A", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},\n'
            '{"Sid": "A", "Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}]}',
            3,
            "duplicate-sid",
        ),
        (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow",\n'
            '"Action": "s3:GetObject",\n"Resource": "arn:aws:s3:::reports"}}',
            3,
            "resource-unused",
        ),
    ],
)
def test_traps_are_found_with_their_line(tmp_path: Path, policy: str, line: int, code: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(policy)
    said = run("policy", "lint", path, "-o", "json", "--fail-on", "advice")
    found: list[dict[str, Any]] = json.loads(said.stdout)["findings"]
    assert (line, code) in [(f["line"], f["code"]) for f in found]
    assert said.exit_code == 1


@pytest.mark.parametrize("output", ["sarif", "github", "csv", "jsonl"])
def test_findings_come_in_the_forms_build_systems_read(typo: Path, output: str) -> None:
    said = run("policy", "lint", typo, "-o", output)
    assert said.exit_code == 1
    assert "ListObject" in said.stdout
    if output == "sarif":
        assert json.loads(said.stdout)["runs"][0]["results"][0]["level"] == "error"


def test_a_file_that_is_no_policy_is_a_finding_not_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"Version": "2012-10-17",')
    said = run("policy", "lint", path)
    assert said.exit_code == 1
    assert f"{path}:1:" in said.stdout


def test_diff_sees_meaning_not_lines(tmp_path: Path, corrected: Path, typo: Path) -> None:
    same = tmp_path / "same.json"
    same.write_text(
        '{"Statement":{"Resource":["arn:aws:s3:::reports"],"Effect":"Allow","Action":["s3:listbucket"]},'
        '"Version":"2012-10-17"}'
    )
    assert run("policy", "diff", corrected, same).exit_code == 0
    changed = run("policy", "diff", corrected, typo)
    assert changed.exit_code == 1
    assert "+ " in changed.stdout
