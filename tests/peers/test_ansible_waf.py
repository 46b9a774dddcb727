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
from tests.edge.protected import config
from tests.peers.conftest import Peer, aws_environment

pytestmark = pytest.mark.peer
PLAYBOOK = Path(__file__).parent / "waf.yml"


@pytest.mark.parametrize("scope", ["REGIONAL", "CLOUDFRONT"])
def test_the_playbook_protects_load_balancer_or_distribution_and_then_changes_no_web_acl(
    server: Server, peer: Peer, tmp_path: Path, scope: str
) -> None:
    driver = Boto3(server.url)
    made = driver.call(server.root, "elbv2", "CreateLoadBalancer", Name="shop", Subnets=SUBNETS)
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    wanted = config(8000)
    driver.call(server.root, "cloudfront", "CreateDistribution", DistributionConfig=wanted)
    programs = peer("ansible")
    env = aws_environment(server) | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "HOME": str(tmp_path)}

    def run() -> dict[str, bool]:
        more = {"balancer": balancer, "distribution": wanted["CallerReference"], "scope": scope}
        more["ansible_python_interpreter"] = str(programs / "python")
        command = [str(programs / "ansible-playbook"), "-i", "localhost,", "-e", json.dumps(more), str(PLAYBOOK)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:] + server.log[-2000:]
        told: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
        done_by = {t["task"]["name"]: t["hosts"]["localhost"] for t in told["plays"][0]["tasks"]}
        return {name: task["changed"] for name, task in done_by.items() if not task.get("skipped")}

    first = run()
    assert all(first.values()), first
    second = run()
    assert [name for name, changed in second.items() if changed] == ([] if scope == "REGIONAL" else ["distribution"])
    if scope == "REGIONAL":
        arn = driver.call(server.root, "wafv2", "GetWebACLForResource", ResourceArn=balancer)["WebACL"]["ARN"]
    else:
        (made,) = driver.call(server.root, "cloudfront", "ListDistributions")["DistributionList"]["Items"]
        arn = made["WebACLId"]
    protecting = driver.call(server.root, "wafv2", "GetWebACL", ARN=arn)["WebACL"]
    assert (protecting["Name"], [rule["Name"] for rule in protecting["Rules"]]) == ("shop", ["core", "own", "rate"])
