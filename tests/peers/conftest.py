"""Other people's tools, each in a virtual environment of its own under .venv-peers, made on first use from its lock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.server import Server

ROOT = Path(__file__).parents[2]
Peer = Callable[[str], Path]


@pytest.fixture(scope="session")
def peer() -> Peer:
    """`peer("ansible")`: the directory of the tool's programs."""

    def environment(name: str) -> Path:
        directory = ROOT / ".venv-peers" / name
        done = directory / ".done"
        lock = ROOT / "requirements" / "peers" / f"{name}.txt"
        if not done.exists() or done.read_text() != lock.read_text():
            subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
            pip = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "-r", str(lock)]
            subprocess.run(pip, check=True)
            done.write_text(lock.read_text())
        return directory / "bin"

    return environment


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own: these tools look at whole accounts."""
    with Server(tmp_path / "data") as running:
        yield running


def aws_environment(server: Server) -> dict[str, str]:
    """What every AWS tool needs to find the server, and nothing that leads elsewhere."""
    root = server.root
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": root.secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
