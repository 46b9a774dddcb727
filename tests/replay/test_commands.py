"""simulate, test, replay and policy generate on files, as people run them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from garrison.cli.main import cli
from tests.replay.accounts import ANA, PROD, WORKLOADS, details, organization, policy, record


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Exports, a log and a policy, in the current directory; and no Garrison to ask."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GARRISON_DATA", str(tmp_path / "none"))
    (tmp_path / "account.json").write_text(json.dumps(details()))
    (tmp_path / "organization.json").write_text(json.dumps(organization()))
    (tmp_path / "deny.json").write_text(
        json.dumps(policy({"Sid": "No", "Effect": "Deny", "Action": "s3:Get*"}), indent=2)
    )
    records = [record("s3:GetObject", {"bucketName": "data", "key": str(n)}, number=n) for n in range(3)]
    (tmp_path / "log.json").write_text(json.dumps({"Records": records}))
    return tmp_path


EXPORTS = ("--export", "account.json", "--export", "organization.json")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def simulate(*more: str) -> Result:
    asked = ("--action", "s3:GetObject", "--resource", "arn:aws:s3:::data/x", "-o", "json")
    return run("simulate", "--principal", ANA, *EXPORTS, *asked, *more)


@pytest.mark.usefixtures("folder")
def test_simulate_supposes_an_scp_on_exports() -> None:
    before = simulate()
    assert (before.exit_code, json.loads(before.stdout)["decisions"][0]["code"]) == (0, "ALLOW_IDENTITY")
    after = simulate("--scp", f"deny.json@{WORKLOADS}")
    assert (after.exit_code, json.loads(after.stdout)["decisions"][0]["code"]) == (1, "DENY_EXPLICIT_SCP")


@pytest.mark.usefixtures("folder")
def test_a_target_there_is_not_is_a_usage_error_that_names_it() -> None:
    result = simulate("--scp", "deny.json@ou-none-nowhere0")
    assert result.exit_code == 2
    assert "ou-none-nowhere0 is neither the root, a unit nor an account" in result.stderr


@pytest.mark.usefixtures("folder")
def test_a_principal_there_is_not_could_not_be_evaluated() -> None:
    result = run("simulate", "--principal", f"arn:aws:iam::{PROD}:user/eve", *EXPORTS, "--action", "s3:GetObject")
    assert result.exit_code == 3
    assert "There is no" in result.stderr


@pytest.mark.usefixtures("folder")
def test_replay_counts_flips_and_fails_where_it_is_told_to() -> None:
    replay = ("replay", "log.json", *EXPORTS, "--change", f"scp:deny.json@{WORKLOADS}")
    found = run(*replay, "-o", "json")
    assert found.exit_code == 0
    (flip,) = json.loads(found.stdout)["flips"]
    assert (flip["count"], flip["by"]["sid"], flip["samples"]) == (3, "No", ["event-0", "event-1", "event-2"])
    assert run(*replay, "--fail-on", "new-denies").exit_code == 1
    assert run(*replay, "--fail-on", "new-allows").exit_code == 0
    assert "3 flip" in run(*replay).stderr


def test_a_file_that_is_no_log_could_not_be_evaluated(folder: Path) -> None:
    (folder / "bad.json").write_text("{")
    result = run("replay", "bad.json", *EXPORTS, "--change", f"scp:deny.json@{WORKLOADS}")
    assert (result.exit_code, "bad.json" in result.stderr) == (3, True)


@pytest.mark.usefixtures("folder")
def test_generate_covers_what_was_done() -> None:
    result = run("policy", "generate", "log.json", "--principal", ANA, "-o", "json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert made["policy"]["Statement"][0]["Resource"] == [f"arn:aws:s3:::data/{n}" for n in range(3)]


SCENARIO = """\
export: [account.json, organization.json]
changes: ["scp:deny.json@{unit}"]
defaults: {{principal: "{ana}", resource: "arn:aws:s3:::data/x"}}
tests:
  - name: listing goes on
    action: s3:ListBucket
    expect: allow
  - action: [s3:GetObject, s3:GetObjectTagging]
    expect: deny
    because: DENY_EXPLICIT_SCP
  - name: wrongly expected
    action: s3:GetObject
    expect: allow
  - name: for another reason
    action: s3:PutObject
    expect: deny
    because: DENY_EXPLICIT_SCP
"""


@pytest.fixture
def scenario(folder: Path) -> str:
    (folder / "scenario.yaml").write_text(SCENARIO.format(unit=WORKLOADS, ana=ANA))
    return "scenario.yaml"


def test_expectations_that_are_not_met_fail_with_their_line(scenario: str) -> None:
    result = run("test", scenario, "-o", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["passed"], found["failed"], found["error"]) == (3, 2, 0)
    failed = {(t["line"], t["name"], t["code"]) for t in found["tests"] if t["outcome"] == "failed"}
    assert failed == {
        (11, "wrongly expected", "DENY_EXPLICIT_SCP"),
        (14, "for another reason", "DENY_IMPLICIT_IDENTITY"),
    }


def test_github_and_junit_show_the_same(scenario: str) -> None:
    lines = run("test", scenario, "-o", "github").stdout.splitlines()
    assert [line.split("::")[1].split(",title")[0] for line in lines if line.startswith("::")] == [
        "error file=scenario.yaml,line=11",
        "error file=scenario.yaml,line=14",
    ]
    suite = ET.fromstring(run("test", scenario, "-o", "junit").stdout.split("?>")[1])[0]
    assert (suite.get("tests"), suite.get("failures")) == ("5", "2")


def test_a_case_that_cannot_be_decided_is_an_error_of_its_own(folder: Path) -> None:
    (folder / "unknown.yaml").write_text(
        "export: account.json\ntests:\n  - {principal: 'arn:aws:iam::1:user/x', action: 's3:GetObject', expect: deny}\n"
    )
    assert run("test", "unknown.yaml").exit_code == 3


def test_a_misspelt_field_is_named(folder: Path) -> None:
    (folder / "bad.yaml").write_text("tests:\n  - {acton: 's3:GetObject', expect: deny}\n")
    result = run("test", "bad.yaml")
    assert (result.exit_code, "acton" in result.stderr) == (2, True)


def test_policies_in_place_need_no_export(folder: Path) -> None:
    (folder / "own.yaml").write_text(
        "policies:\n  identity:\n    - Version: '2012-10-17'\n"
        "      Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}\n"
        "  scps: [deny.json]\n"
        "tests:\n  - {action: 's3:GetObject', expect: deny, because: DENY_EXPLICIT_SCP}\n"
    )
    assert run("test", "own.yaml").exit_code == 0
