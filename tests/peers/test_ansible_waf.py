"""Ansible's WAF modules reach their state, and then find nothing left to do."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.drivers import Boto3
from tests.clients.server import Server
from tests.edge.clients import SUBNETS
from tests.peers.conftest import Peer, aws_environment

pytestmark = pytest.mark.peer
PLAYBOOK = Path(__file__).parent / "waf.yml"


def test_the_playbook_protects_the_load_balancer_and_then_changes_nothing(
    server: Server, peer: Peer, tmp_path: Path
) -> None:
    driver = Boto3(server.url)
    made = driver.call(server.root, "elbv2", "CreateLoadBalancer", Name="shop", Subnets=SUBNETS)
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    programs = peer("ansible")
    env = aws_environment(server) | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "HOME": str(tmp_path)}

    def run() -> dict[str, bool]:
        more = {"ansible_python_interpreter": str(programs / "python"), "balancer": balancer}
        command = [str(programs / "ansible-playbook"), "-i", "localhost,", "-e", json.dumps(more), str(PLAYBOOK)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:] + server.log[-2000:]
        told: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
        return {t["task"]["name"]: t["hosts"]["localhost"]["changed"] for t in told["plays"][0]["tasks"]}

    first = run()
    assert all(first.values()), first
    second = run()
    assert not any(second.values()), second
    protecting = driver.call(server.root, "wafv2", "GetWebACLForResource", ResourceArn=balancer)["WebACL"]
    assert (protecting["Name"], [rule["Name"] for rule in protecting["Rules"]]) == ("shop", ["core", "own", "rate"])
