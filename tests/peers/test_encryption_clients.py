"""AWS's own client-side encryption on our keys: the Encryption SDK, and the S3 Encryption Client with moto's S3."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.drivers import Boto3
from tests.clients.house import moto
from tests.clients.server import Server
from tests.peers.conftest import Peer, aws_environment

pytestmark = pytest.mark.peer
SCRIPT = Path(__file__).parent / "encryption_clients.py"


def test_their_messages_open_with_our_keys_and_with_nothing_else(peer: Peer, tmp_path: Path) -> None:
    programs = peer("encryption")
    with moto() as upstream, Server(tmp_path / "data", "--upstream", f"s3={upstream}") as server:
        driver = Boto3(server.url)
        keys = [driver.call(server.root, "kms", "CreateKey")["KeyMetadata"]["Arn"] for _ in range(2)]
        asked = {"key": keys[0], "other": keys[1], "account": "123456789012", "s3": True}
        command = [str(programs / "python"), str(SCRIPT), server.url, json.dumps(asked)]
        done = subprocess.run(
            command, env=aws_environment(server), capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:] + server.log[-2000:]
        told: dict[str, Any] = json.loads(done.stdout)
    assert told["sdk"]["strict"] is told["sdk"]["discovery"] is True
    assert all(told["sdk"][what] for what in ("another account", "another key", "tampered", "another context"))
    assert told["s3"]["round trip"] is told["s3"]["sealed in the bucket"] is True
    assert told["s3"]["tampered"]
    # Each refusal came from the cryptography, not from a call that could not be made.
    assert "ClientError" not in (told["sdk"]["tampered"], told["s3"]["tampered"])
