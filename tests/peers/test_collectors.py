"""cloud-custodian reads a whole account without an error."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.drivers import Boto3
from tests.clients.scenario import allow, policy
from tests.clients.server import Server
from tests.peers.conftest import Peer, aws_environment

pytestmark = pytest.mark.peer


@pytest.fixture
def account(server: Server) -> Server:
    """An account with something of everything in it."""
    driver = Boto3(server.url)
    root = server.root
    for name in ("ana", "bob"):
        driver.call(root, "iam", "CreateUser", UserName=name)
        driver.call(root, "iam", "CreateAccessKey", UserName=name)
    driver.call(root, "iam", "CreateLoginProfile", UserName="ana", Password="Corr3ct-horse-battery")
    driver.call(root, "iam", "CreateGroup", GroupName="engineers")
    driver.call(root, "iam", "AddUserToGroup", GroupName="engineers", UserName="ana")
    driver.call(root, "iam", "PutUserPolicy", UserName="bob", PolicyName="all", PolicyDocument=policy(allow("*")))
    made = driver.call(root, "iam", "CreatePolicy", PolicyName="read", PolicyDocument=policy(allow("s3:Get*")))
    driver.call(root, "iam", "AttachGroupPolicy", GroupName="engineers", PolicyArn=made["Policy"]["Arn"])
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    driver.call(root, "iam", "CreateRole", RoleName="app", AssumeRolePolicyDocument=trust)
    driver.call(root, "iam", "CreateInstanceProfile", InstanceProfileName="app")
    driver.call(root, "iam", "AddRoleToInstanceProfile", InstanceProfileName="app", RoleName="app")
    return server


def test_cloud_custodian_collects_iam(account: Server, peer: Peer, tmp_path: Path) -> None:
    resources = ("iam-user", "iam-group", "iam-role", "iam-policy", "iam-profile", "account")
    policies = [{"name": r, "resource": f"aws.{r}"} for r in resources]
    policies[0]["filters"] = [{"type": "access-key", "key": "Status", "value": "Active"}]  # type: ignore[assignment]
    policies.append(
        {"name": "credential", "resource": "aws.iam-user", "filters": [{"type": "credential", "key": "user"}]}  # type: ignore[dict-item]
    )
    (tmp_path / "policies.json").write_text(json.dumps({"policies": policies}))
    out = tmp_path / "out"
    command = [str(peer("c7n") / "custodian"), "run", "-s", str(out), "--cache", "", str(tmp_path / "policies.json")]
    done = subprocess.run(
        command, env=aws_environment(account), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Error" not in done.stderr, done.stderr[-4000:]
    users = json.loads((out / "iam-user" / "resources.json").read_text())
    assert {u["UserName"] for u in users} == {"ana", "bob"}
    roles = json.loads((out / "iam-role" / "resources.json").read_text())
    assert "app" in {r["RoleName"] for r in roles}
