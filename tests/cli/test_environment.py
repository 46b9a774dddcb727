"""Clients are pointed at Garrison, and never left free to reach the real AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = "[default]\naws_access_key_id = AKIARZPUZDIKLAK6QFKV\naws_secret_access_key = s3cr3t+/'x\nregion = eu-west-1\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "credentials").write_text(KEYS)
    return directory


def aws_that_says(directory: Path, version: str) -> Path:
    """A directory with an `aws` that only knows its version."""
    directory.mkdir()
    path = directory / "aws"
    path.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{version}"; else echo "called $*"; fi\n')
    path.chmod(0o755)
    return directory


def garrison(data: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    base = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GARRISON_"))}
    return subprocess.run(
        [sys.executable, "-m", "garrison.cli.main", *arguments],
        env=base | {"GARRISON_DATA": str(data), "GARRISON_PORT": "4999"} | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def in_a_shell(exports: str, command: str, **env: str) -> str:
    base = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | env
    done = subprocess.run(["bash", "-c", f"{exports}\n{command}"], env=base, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_env_exports_what_clients_need(data: Path) -> None:
    said = garrison(data, "env", "--shell", "bash")
    assert said.returncode == 0, said.stderr
    seen = in_a_shell(said.stdout, 'echo "$AWS_ENDPOINT_URL|$AWS_REGION|$AWS_DEFAULT_REGION|$AWS_SECRET_ACCESS_KEY"')
    assert seen == "http://127.0.0.1:4999|eu-west-1|eu-west-1|s3cr3t+/'x"


def test_env_takes_away_what_would_win_over_it(data: Path) -> None:
    leftovers = {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "t",
        "AWS_ENDPOINT_URL_STS": "https://sts.amazonaws.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    }
    said = garrison(data, "env", "--shell", "bash", **leftovers)
    seen = in_a_shell(
        said.stdout, "env | grep -E '^AWS_(PROFILE|SESSION|ENDPOINT_URL_|IGNORE)' || echo none", **leftovers
    )
    assert seen == "none"


def test_loopback_never_goes_through_a_proxy(data: Path) -> None:
    said = garrison(
        data, "env", "--shell", "bash", NO_PROXY="internal.example", HTTPS_PROXY="http://proxy.example:3128"
    )
    assert in_a_shell(said.stdout, "echo $NO_PROXY") == "internal.example,127.0.0.1,localhost,::1"


@pytest.mark.parametrize("shell", ["fish", "powershell", "dotenv", "github"])
def test_env_speaks_other_shells(data: Path, shell: str) -> None:
    said = garrison(data, "env", "--shell", shell)
    assert said.returncode == 0, said.stderr
    assert "http://127.0.0.1:4999" in said.stdout


@pytest.mark.parametrize("version", ["aws-cli/1.28.9 Python/3.11", "aws-cli/2.12.0 Python/3.11", "aws-cli/2.0.30 x"])
@pytest.mark.parametrize("command", [["env"], ["exec", "--", "true"], ["aws", "sts", "get-caller-identity"]])
def test_an_aws_command_too_old_to_be_redirected_is_refused_by_name(
    data: Path, tmp_path: Path, version: str, command: list[str]
) -> None:
    path = aws_that_says(tmp_path / "bin", version)
    said = garrison(data, *command, PATH=f"{path}:{os.environ['PATH']}")
    assert said.returncode == 2
    assert version.split()[0].replace("/", " ") in said.stderr
    assert "would go to the real AWS" in said.stderr
    assert "export" not in said.stdout


def test_garrison_aws_always_names_the_endpoint(data: Path, tmp_path: Path) -> None:
    path = aws_that_says(tmp_path / "bin", "aws-cli/2.13.0 Python/3.11")
    said = garrison(data, "aws", "sts", "get-caller-identity", PATH=f"{path}:{os.environ['PATH']}")
    assert said.stdout.strip() == "called --endpoint-url http://127.0.0.1:4999 sts get-caller-identity"


def test_garrison_aws_takes_no_other_endpoint(data: Path, tmp_path: Path) -> None:
    path = aws_that_says(tmp_path / "bin", "aws-cli/2.13.0 Python/3.11")
    for arguments in (["--endpoint-url", "https://iam.amazonaws.com"], ["--endpoint-url=https://iam.amazonaws.com"]):
        said = garrison(data, "aws", *arguments, "iam", "list-users", PATH=f"{path}:{os.environ['PATH']}")
        assert said.returncode == 2
        assert "called" not in said.stdout


def test_exec_hands_on_the_exit_code_and_the_environment(data: Path) -> None:
    said = garrison(data, "exec", "--", "sh", "-c", "echo $AWS_ENDPOINT_URL; exit 7")
    assert (said.returncode, said.stdout.strip()) == (7, "http://127.0.0.1:4999")


def test_without_a_started_garrison_env_says_what_to_do(tmp_path: Path) -> None:
    said = garrison(tmp_path / "nowhere", "env")
    assert said.returncode == 4
    assert "garrison up" in said.stderr
    assert said.stdout == ""


def test_env_leaves_a_lab(data: Path) -> None:
    in_lab = {
        "GARRISON_EVIDENCE": str(data / "labs" / "ana" / "02-least-privilege.evidence"),
        "AWS_SHARED_CREDENTIALS_FILE": str(data / "labs" / "ana" / "02-least-privilege.credentials"),
        "AWS_CONFIG_FILE": os.devnull,
        "GARRISON_LEARNER": "ana",
    }
    show = 'echo "$GARRISON_EVIDENCE|$AWS_SHARED_CREDENTIALS_FILE|$AWS_CONFIG_FILE|$GARRISON_LEARNER"'
    left = garrison(data, "env", "--shell", "bash", **in_lab)
    assert left.returncode == 0, left.stderr
    assert in_a_shell(left.stdout, show, **in_lab) == "|||"
    own = in_lab | {"GARRISON_EVIDENCE": "/srv/evidence", "AWS_SHARED_CREDENTIALS_FILE": "/srv/credentials"}
    kept = garrison(data, "env", "--shell", "bash", **own)
    assert in_a_shell(kept.stdout, show, **own) == f"/srv/evidence|/srv/credentials|{os.devnull}|ana"
