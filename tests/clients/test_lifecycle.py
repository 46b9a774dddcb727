"""Up, down, restart, reset, TLS, permissive mode and the tour, from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from garrison.cli.tour_upstream import upstream
from tests.clients.drivers import AwsCommand, Boto3, Refused
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server, free_port

pytestmark = pytest.mark.client


def garrison(data: Path, port: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GARRISON_"))}
    return subprocess.run(
        [sys.executable, "-m", "garrison.cli.main", *arguments],
        env=env | {"GARRISON_DATA": str(data), "GARRISON_PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_up_detach_says_where_it_is_and_what_to_do_next_and_down_ends_it(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    up = garrison(data, port, "up", "--detach")
    try:
        assert up.returncode == 0, up.stderr
        for told in (f"http://127.0.0.1:{port}", "123456789012", "ENFORCING", str(data), 'garrison env)"'):
            assert told in up.stderr
        assert garrison(data, port, "wait", "--timeout", "5").returncode == 0
        assert json.loads(garrison(data, port, "status", "-o", "json").stdout)["ready"] is True
        again = garrison(data, port, "up", "--detach")
        assert again.returncode == 0
        assert "already runs" in again.stderr
    finally:
        down = garrison(data, port, "down")
    assert down.returncode == 0
    assert garrison(data, port, "status").returncode == 4


def test_a_busy_port_is_said_clearly_with_a_free_one(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = garrison(tmp_path / "data", port, "up", "--detach")
    assert up.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in up.stderr
    assert "GARRISON_PORT=" in up.stderr
    assert "Traceback" not in up.stderr


def test_secrets_lie_in_files_of_the_owner_alone(server: Server) -> None:
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    for name in ("credentials", "admin-token"):
        assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o600


def test_what_was_acknowledged_is_there_after_a_kill_and_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    driver = Boto3(server.url)
    try:
        root = server.root
        driver.call(root, "iam", "CreateUser", UserName="ana")
        key = driver.call(root, "iam", "CreateAccessKey", UserName="ana")["AccessKey"]
        session = driver.call(root, "sts", "GetSessionToken")["Credentials"]
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.start()
        assert server.root == root
        ana = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        assert driver.call(ana, "sts", "GetCallerIdentity")["Arn"].endswith(":user/ana")
        old = Credentials(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
        assert driver.call(old, "sts", "GetCallerIdentity")["Arn"].endswith(":root")
        names = {e["EventName"] for e in driver.call(root, "cloudtrail", "LookupEvents")["Events"]}
        assert {"CreateUser", "CreateAccessKey"} <= names
    finally:
        server.stop()


def test_reset_forgets_everything_but_the_first_account_and_its_keys(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        driver = Boto3(server.url)
        root = server.root
        driver.call(root, "iam", "CreateUser", UserName="ana")
        key = driver.call(root, "iam", "CreateAccessKey", UserName="ana")["AccessKey"]
        server.command("reset")
        assert driver.call(root, "iam", "ListUsers")["Users"] == []
        with pytest.raises(Refused, match="security token included in the request is invalid"):
            driver.call(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "sts", "GetCallerIdentity")


def test_permissive_mode_lets_denied_calls_through_and_records_them(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--permissive") as server:
        driver = Boto3(server.url)
        anybody = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        assert driver.call(anybody, "sts", "GetCallerIdentity")["Arn"] == "arn:aws:iam::123456789012:root"
        driver.call(anybody, "iam", "CreateUser", UserName="ana")
        key = driver.call(anybody, "iam", "CreateAccessKey", UserName="ana")["AccessKey"]
        ana = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        assert driver.call(ana, "iam", "ListUsers")["Users"][0]["UserName"] == "ana"
        status, told = server.admin("GET", "/_garrison/explain?denied&last=1")
        assert status == 200
        assert told["calls"][0]["explanation"]["let_through"] is True
        with pytest.raises(Refused):
            driver.call(Credentials(ana.access_key_id, "x" * 40), "iam", "ListUsers")


def test_permissive_mode_is_for_this_machine_alone(tmp_path: Path) -> None:
    said = garrison(tmp_path / "data", free_port(), "up", "--permissive", "--host", "0.0.0.0")
    assert said.returncode == 2
    assert "this machine alone" in said.stderr


def test_tls_with_its_own_ca_makes_transport_secure(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    assert garrison(data, port, "up", "--detach", "--tls").returncode == 0
    try:
        said = garrison(data, port, "aws", "sts", "get-caller-identity")
        assert said.returncode == 0, said.stderr
        document = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "iam:ListUsers",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
        }
        for command in (
            ["iam", "create-user", "--user-name", "ana"],
            ["iam", "put-user-policy", "--user-name", "ana", "--policy-name", "p", "--policy-document"],
        ):
            more = [json.dumps(document)] if command[-1] == "--policy-document" else []
            assert garrison(data, port, "aws", *command, *more).returncode == 0
        made = json.loads(garrison(data, port, "aws", "iam", "create-access-key", "--user-name", "ana").stdout)
        env = {"AWS_ACCESS_KEY_ID": made["AccessKey"]["AccessKeyId"]}
        env["AWS_SECRET_ACCESS_KEY"] = made["AccessKey"]["SecretAccessKey"]
        exported = "; ".join(f"export {k}={v}" for k, v in env.items())
        said = garrison(data, port, "exec", "--", "sh", "-c", f"{exported}; aws iam list-users")
        assert said.returncode == 0, said.stderr
    finally:
        garrison(data, port, "down")


def test_the_tour_runs_from_end_to_end(server: Server) -> None:
    said = server.command("tour", "--non-interactive")
    assert "does not hold (line 8)" in said.stdout
    assert "DENY_IMPLICIT_BOUNDARY" in said.stdout
    assert ":assumed-role/auditor/tour" in said.stdout
    assert "s3:ListBucket on arn:aws:s3:::payroll" in said.stdout
    assert "Stealth:IAMUser/PasswordPolicyChange" in said.stdout
    assert "The tour's accounts are closed." in said.stdout
    assert not _tours_accounts(server)


def test_a_tour_that_is_stopped_in_the_middle_closes_its_account(server: Server) -> None:
    tour = subprocess.Popen(
        [sys.executable, "-m", "garrison.cli.main", "tour", "--non-interactive"],
        env=server.env | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
        # What runs these tests may ignore Ctrl-C, as shells have it for what they run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert tour.stdout is not None
    for line in tour.stdout:
        if "kept as profile root" in line:
            break
    assert len(_tours_accounts(server)) == 1
    tour.send_signal(signal.SIGINT)
    assert "The tour's accounts are closed." in tour.communicate(timeout=120)[0]
    assert tour.returncode == 130
    assert not _tours_accounts(server)


def _tours_accounts(server: Server) -> list[str]:
    known = server.admin("GET", "/_garrison/accounts", None)[1]["accounts"]
    return [one["id"] for one in known if one["status"] == "ACTIVE" and "+garrison-tour-" in one["email"]]


def test_the_tour_goes_on_without_an_upstream_to_show() -> None:
    said: list[str] = []
    guide = SimpleNamespace(
        chapter=lambda *texts: said.extend(texts),
        console=SimpleNamespace(print=lambda text, **_: said.append(text)),
        env={"PATH": "/nowhere"},
    )
    upstream(guide)  # type: ignore[arg-type]
    assert "moto_server is not installed" in said[-1]


def test_logs_show_who_called_what_and_how_it_ended(server: Server) -> None:
    driver = Boto3(server.url)
    account, root = server.new_account("logs")
    driver.call(root, "iam", "CreateUser", UserName="ana")
    with pytest.raises(Refused):
        driver.call(root, "iam", "GetUser", UserName="nobody")
    lines = server.command("logs", "--account", account).stdout.splitlines()
    assert [line.split("  ")[3:] for line in lines] == [
        ["iam:CreateUser", "ok"],
        ["iam:GetUser", "NoSuchEntityException"],
    ]
    events = [json.loads(s) for s in server.command("logs", "--account", account, "-o", "jsonl").stdout.splitlines()]
    assert events[0]["eventVersion"] == "1.11"
    assert events[0]["requestParameters"] == {"userName": "ana"}


def test_a_policy_put_by_root_is_simulated_as_it_is_enforced(server: Server) -> None:
    driver = Boto3(server.url)
    account, root = server.new_account("simulate")
    driver.call(root, "iam", "CreateUser", UserName="ana")
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::reports"},
        }
    )
    driver.call(root, "iam", "PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=document)
    question = ["simulate", "--principal", f"arn:aws:iam::{account}:user/ana", "--action", "s3:ListBucket"]
    assert server.command(*question, "--resource", "arn:aws:s3:::reports").stdout.startswith("ALLOWED")
    other = server.command(*question, "--resource", "arn:aws:s3:::salaries", check=False)
    assert other.returncode == 1
    assert "does not fit" in other.stdout


def test_an_action_that_does_not_exist_is_accepted_grants_nothing_and_is_linted(server: Server, tmp_path: Path) -> None:
    driver = Boto3(server.url)
    account, root = server.new_account("founding")
    typo = policy(allow("s3:ListObject"))
    driver.call(root, "iam", "CreateUser", UserName="ana")
    driver.call(root, "iam", "PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=typo)
    question = ["simulate", "--principal", f"arn:aws:iam::{account}:user/ana", "--action", "s3:ListBucket"]
    question += ["--resource", "arn:aws:s3:::reports"]
    assert server.command(*question, check=False).returncode == 1
    (tmp_path / "policy.json").write_text(typo)
    linted = server.command("policy", "lint", str(tmp_path / "policy.json"), check=False)
    assert linted.returncode == 1
    assert "policy.json:7:" in linted.stdout
    assert "ListBucket" in linted.stdout
    right = policy(allow("s3:ListBucket"))
    driver.call(root, "iam", "PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=right)
    assert server.command(*question).returncode == 0


def test_logs_follow_what_comes(server: Server) -> None:
    driver = Boto3(server.url)
    account, root = server.new_account("follow")
    command = [sys.executable, "-m", "garrison.cli.main", "logs", "--follow", "--last", "0", "--account", account]
    following = subprocess.Popen(command, env=server.env, stdout=subprocess.PIPE, text=True)
    try:
        assert following.stdout is not None
        time.sleep(1.5)
        driver.call(root, "iam", "CreateUser", UserName="ana")
        driver.call(root, "iam", "GetUser", UserName="ana")
        assert [following.stdout.readline().split("  ")[3] for _ in range(2)] == ["iam:CreateUser", "iam:GetUser"]
    finally:
        following.kill()
        following.wait()


def test_the_aws_command_reaches_the_server_by_garrison_aws(server: Server, tmp_path: Path) -> None:
    said = server.command("aws", "iam", "get-user", "--output", "json")
    assert json.loads(said.stdout)["User"]["Arn"].endswith(":root")
    assert AwsCommand(server.url, tmp_path).call(server.root, "sts", "GetCallerIdentity")["Account"] == "123456789012"
