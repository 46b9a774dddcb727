"""Ansible's KMS module reaches its state, and then finds nothing left to do."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.drivers import Boto3
from tests.clients.server import Server
from tests.peers.conftest import Peer, aws_environment

pytestmark = pytest.mark.peer
PLAYBOOK = Path(__file__).parent / "kms.yml"


def test_the_playbook_makes_its_keys_and_then_leaves_them(server: Server, peer: Peer, tmp_path: Path) -> None:
    programs = peer("ansible")
    env = aws_environment(server) | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "HOME": str(tmp_path)}

    def run() -> dict[str, bool]:
        more = {"ansible_python_interpreter": str(programs / "python"), "account": "123456789012"}
        command = [str(programs / "ansible-playbook"), "-i", "localhost,", "-e", json.dumps(more), str(PLAYBOOK)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:] + server.log[-2000:]
        told: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
        return {t["task"]["name"]: t["hosts"]["localhost"]["changed"] for t in told["plays"][0]["tasks"]}

    first = run()
    assert all(first.values()), first
    second = run()
    assert not any(second.values()), second
    driver = Boto3(server.url)
    key = driver.call(server.root, "kms", "DescribeKey", KeyId="alias/app")["KeyMetadata"]
    assert (key["Description"], key["KeyState"]) == ("what the application keeps", "Enabled")
    assert driver.call(server.root, "kms", "GetKeyRotationStatus", KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    grants = driver.call(server.root, "kms", "ListGrants", KeyId=key["KeyId"])["Grants"]
    assert [grant["Name"] for grant in grants] == ["reader"]
