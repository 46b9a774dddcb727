"""`garrison models` writes models where botocore looks, and takes away no more than it wrote."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from garrison.aws import own
from garrison.cli.main import cli

MODEL = "garrison/2026-01-01/service-2.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_DATA_PATH", raising=False)
    return tmp_path


def models(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["models", *arguments])


def states() -> set[str]:
    return {row["installed"] for row in json.loads(models("list", "-o", "json").output)["models"]}


def test_they_go_to_the_home_directory_once_and_come_off_again(home: Path) -> None:
    assert states() == {"no"}
    first = models("install")
    assert first.exit_code == 0
    assert (home / ".aws/models" / MODEL).read_bytes() == own.content("garrison", "2026-01-01", "service-2.json")
    assert f"written  {home / '.aws/models' / MODEL}" in first.output
    again = models("install")
    assert "written" not in again.output
    assert "unchanged" in again.output
    assert states() == {"yes"}
    assert models("remove").exit_code == 0
    assert list((home / ".aws/models").iterdir()) == []
    assert models("remove").exit_code == 0


def test_they_go_to_the_first_directory_of_the_data_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", f"{home / 'one'}:{home / 'two'}")
    models("install")
    assert (home / "one" / MODEL).exists()
    assert not (home / "two").exists()


def test_another_directory_is_named_with_the_variable_it_needs(home: Path) -> None:
    done = models("install", "--to", str(home / "elsewhere"))
    assert (home / "elsewhere" / MODEL).exists()
    assert f"export AWS_DATA_PATH={home / 'elsewhere'}" in done.output


def test_somebody_elses_file_is_neither_replaced_nor_removed(home: Path) -> None:
    path = home / ".aws/models" / MODEL
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    refused = models("install")
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert path.read_text() == "{}"
    assert list(path.parent.iterdir()) == [path]
    assert models("install", "--force").exit_code == 0
    other = path.parent.parent.parent / "mine" / "2020-01-01" / "service-2.json"
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    path.write_text("{}")
    assert models("remove").exit_code == 1
    assert path.exists()
    assert models("remove", "--force").exit_code == 0
    assert not path.exists()
    assert other.exists()


def test_what_an_older_garrison_wrote_is_replaced_and_what_it_had_more_is_removed(home: Path) -> None:
    models("install")
    root = home / ".aws/models"
    record = json.loads((root / ".garrison-models.json").read_text())
    old = root / "garrison/2025-01-01/service-2.json"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    (root / MODEL).write_text("older")
    record[MODEL] = hashlib.sha256(b"older").hexdigest()
    record["garrison/2025-01-01/service-2.json"] = hashlib.sha256(b"old").hexdigest()
    record["../../keep/me"] = record["../x/y"] = record[MODEL]
    (root / ".garrison-models.json").write_text(json.dumps(record))
    done = models("install")
    assert done.exit_code == 0
    assert f"replaced  {root / MODEL}" in done.output
    assert not old.parent.exists()
    assert states() == {"yes"}
