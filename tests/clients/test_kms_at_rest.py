"""Keys outlive their server, and a copy of its database without the seal is worth nothing."""

from __future__ import annotations

import base64
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.clients.drivers import Boto3
from tests.clients.server import Server
from tests.keys.leaks import key_bytes_in

pytestmark = pytest.mark.client

ID = "11111111-2222-4333-8444-555555555555"
MATERIAL = bytes(range(7, 39))
SEED = f"""
keys:
  - id: {ID}
    alias: alias/known
    material: "{MATERIAL.hex()}"
"""


def call(server: Server, operation: str, **params: Any) -> dict[str, Any]:
    return Boto3(server.url).call(server.root, "kms", operation, **params)


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    path = tmp_path / "seed.yaml"
    path.write_text(SEED)
    return path


def decoded(output: dict[str, Any], member: str) -> bytes:
    return base64.b64decode(output[member])


def test_no_byte_of_a_key_is_in_the_database_and_kills_lose_nothing(tmp_path: Path, seed: Path) -> None:
    server = Server(tmp_path / "data", "--development", "--seed", str(seed))
    with server:
        blob = decoded(call(server, "Encrypt", KeyId="alias/known", Plaintext=b"kept"), "CiphertextBlob")
        data = decoded(call(server, "GenerateDataKey", KeyId=ID, KeySpec="AES_256"), "Plaintext")
        fresh = call(server, "CreateKey", MultiRegion=True)["KeyMetadata"]["KeyId"]
        call(server, "RotateKeyOnDemand", KeyId=fresh)
        other = decoded(call(server, "Encrypt", KeyId=fresh, Plaintext=b"too"), "CiphertextBlob")
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        root = (server.data / "root.key").read_bytes()
        copy = tmp_path / "copy"
        shutil.copytree(server.data, copy, ignore=shutil.ignore_patterns("root.key", "*.log", "credentials"))
        assert key_bytes_in([copy], [MATERIAL, data, root]) == []
        server.start()
        assert decoded(call(server, "Decrypt", CiphertextBlob=blob), "Plaintext") == b"kept"
        assert decoded(call(server, "Decrypt", CiphertextBlob=other), "Plaintext") == b"too"


def test_what_one_garrison_encrypted_with_a_seeded_key_opens_in_another(tmp_path: Path, seed: Path) -> None:
    with Server(tmp_path / "one", "--development", "--seed", str(seed)) as one:
        blob = decoded(call(one, "Encrypt", KeyId=ID, Plaintext=b"fixture"), "CiphertextBlob")
        status, _ = one.admin("POST", "/_garrison/reset")
        assert status == 200
        assert decoded(call(one, "Decrypt", CiphertextBlob=blob), "Plaintext") == b"fixture"
    with Server(tmp_path / "two", "--development", "--seed", str(seed)) as two:
        assert decoded(call(two, "Decrypt", CiphertextBlob=blob), "Plaintext") == b"fixture"
        assert two.command("clock", "advance", "400d").stdout.rstrip().endswith("400 days ahead")
        assert decoded(call(two, "Decrypt", CiphertextBlob=blob), "Plaintext") == b"fixture"


def test_the_clock_of_a_real_server_stays_what_it_is(server: Server) -> None:
    refused = server.command("clock", "advance", "1d", check=False)
    assert refused.returncode == 1
    assert "development mode only" in refused.stderr
