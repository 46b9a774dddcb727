"""`garrison responsibility` needs no server to tell who secures what."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from garrison.cli.main import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["responsibility", *arguments])


def test_one_service_says_what_each_party_must_do() -> None:
    done = run("rds", "--config", "rds.minor-upgrades=manual")
    assert done.exit_code == 0
    assert "Follow engine releases" in done.output
    assert "not assessed" in done.output


def test_every_service_fits_into_eighty_columns() -> None:
    done = run()
    assert done.exit_code == 0
    table = done.output.partition("P the provider's")[0]
    assert all(len(line) <= 80 for line in table.splitlines())
    assert "Amazon EKS, in Auto Mode" in done.output


def test_a_comparison_says_what_moves() -> None:
    done = run("--compare", "ec2", "rds", "lambda", "-o", "json")
    found = json.loads(done.output)
    assert found["schema"] == 1
    (to_rds, to_lambda) = found["moves"]
    assert [(m["layer"], m["direction"]) for m in to_rds["layers"]] == [
        ("guest-os", "provider"),
        ("runtime", "provider"),
    ]
    assert [m["layer"] for m in to_lambda["layers"]] == ["runtime"]
    assert "less for you" in run("--compare", "ec2", "rds").output


def test_settings_come_from_the_project_file_and_the_command_line_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "garrison.toml").write_text('[responsibility]\neks = { nodes = "auto-mode" }\n')
    monkeypatch.chdir(tmp_path)
    assert json.loads(run("eks", "-o", "json").output)["rows"][0]["rowId"] == "eks:nodes=auto-mode"
    given = json.loads(run("eks:fargate", "-o", "json").output)
    assert given["rows"][0]["rowId"] == "eks:nodes=fargate"


def test_pictures_and_pages_come_on_standard_output() -> None:
    for arguments in (["ec2", "rds"], ["--compare", "ec2", "rds"], ["ec2"], []):
        assert ElementTree.fromstring(run(*arguments, "-o", "svg").output).tag.endswith("svg")
    assert run("rds", "-o", "html").output.startswith("<!doctype html>")


def test_rows_for_spreadsheets_name_every_cell() -> None:
    rows = list(csv.DictReader(io.StringIO(run("s3", "-o", "csv").output)))
    assert len(rows) == 10
    assert {row["party"] for row in rows} == {"provider", "customer", "not applicable"}


def test_self_hosted_names_the_operator() -> None:
    found = json.loads(run("s3", "--profile", "self-hosted", "-o", "json").output)
    assert found["rows"][0]["cells"][0]["party"] == "operator"


@pytest.mark.parametrize(
    "arguments",
    [
        ["moon"],
        ["eks:moon"],
        ["--config", "eks=x"],
        ["--compare", "ec2"],
        ["--fail-on", "gap"],
        ["--settings", "-o", "svg"],
    ],
)
def test_a_mistake_is_told_in_words(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_the_settings_that_move_the_line_are_listed() -> None:
    assert "auto-mode" in run("--settings").output


def test_an_account_nobody_assessed_has_only_question_marks(tmp_path: Path) -> None:
    asked = ["iam", "--account", "111122223333", "--evidence", str(tmp_path / "none")]
    found = json.loads(run(*asked, "-o", "json").output)
    standings = {cell["layer"]: cell["standing"] for cell in found["rows"][0]["cells"] if cell["parts"]}
    assert standings["identity"] == "unknown"
    assert standings["facility"] == "unproven"
    assert run(*asked, "--fail-on", "gap").exit_code == 0
    assert run(*asked, "--fail-on", "unknown").exit_code == 1


def test_single_layers_are_shown_alone_in_every_form() -> None:
    assert "Guest OS" not in run("rds", "--layer", "data").output
    assert len(json.loads(run("rds", "--layer", "data", "-o", "json").output)["rows"][0]["cells"]) == 1
    for form in ("svg", "html", "csv"):
        for services in (["rds"], ["rds", "s3"]):
            assert run(*services, "--layer", "data", "--layer", "identity", "-o", form).exit_code == 0


def test_the_picture_in_the_guide_is_what_its_command_draws() -> None:
    """If this fails: `garrison responsibility ec2 rds lambda s3 eks eks:auto-mode -o svg` writes it anew."""
    picture = Path(__file__).parents[2] / "docs" / "images" / "responsibility.svg"
    drawn = run("ec2", "rds", "lambda", "s3", "eks", "eks:auto-mode", "-o", "svg").output
    assert picture.read_text() == drawn
