"""The way back in for an operator whose root user's access key is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.gateway.process import ServerProcess, status

WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path) as running:
        yield running


def garrison(server: ServerProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    base = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GARRISON_"))}
    return subprocess.run(
        [sys.executable, "-m", "garrison.cli.main", *arguments], env=base | {"GARRISON_DATA": str(server.data)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_root_key_that_was_deleted_is_told_of_and_made_anew(server: ServerProcess) -> None:
    lost = server.credentials.access_key
    assert "root access key" in garrison(server, "doctor").stdout
    delete = f"Action=DeleteAccessKey&Version=2010-05-08&AccessKeyId={lost}".encode()
    assert status(server.send(server.signed(delete, "iam"))) == 200
    assert status(server.send(server.signed(WHO))) == 403

    seen = msgspec.json.decode(garrison(server, "doctor", "-o", "json").stdout)["findings"]
    [key] = [row for row in seen if row["what"] == "root access key"]
    assert key["state"] == "problem"
    assert lost in key["seen"]
    assert "account root-key" in key["seen"]

    # A restart takes the dead key away: what there is to do is named then, too.
    server.stop()
    server.start()
    assert not (server.data / "credentials").exists()
    deadline = time.monotonic() + 60  # it answers before it says that it is ready
    while "account root-key" not in server.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "account root-key" in garrison(server, "env").stderr
    assert "account root-key" in garrison(server, "up").stderr

    made = garrison(server, "account", "root-key")
    assert made.returncode == 0, made.stderr
    assert server.credentials.access_key != lost
    assert server.credentials.access_key in made.stderr
    assert (server.data / "credentials").stat().st_mode & 0o777 == 0o600
    assert status(server.send(server.signed(WHO))) == 200
    found = server.send(server.signed(b"Action=ListAccessKeys&Version=2010-05-08", "iam"))
    assert server.credentials.access_key.encode() in found
    trail = garrison(server, "logs", "-o", "jsonl").stdout
    assert "CreateAccessKey" in trail
    assert server.credentials.access_key in trail

    # Two are the most there can be, as AWS has it, and what is in the file stays.
    assert garrison(server, "account", "root-key").returncode == 0
    held = server.credentials.access_key
    refused = garrison(server, "account", "root-key")
    assert refused.returncode == 1
    assert "Cannot exceed quota for AccessKeysPerUser: 2" in refused.stderr
    assert server.credentials.access_key == held
