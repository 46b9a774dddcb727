"""The server as a process: start, stop, restart, several workers, TLS, and what it leaves in its data directory."""

from __future__ import annotations

import json
import os
import signal
import ssl
import stat
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.gateway.process import ServerProcess, status

FORM = b"Action=GetCallerIdentity&Version=2011-06-15"


def iam(server: ServerProcess, **options: object) -> object:
    credentials = server.credentials
    return boto3.client(
        "iam",
        region_name="eu-central-1",
        endpoint_url=options.pop("url", server.url),
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
        **options,
    )


def test_a_server_starts_serves_stops_and_keeps_what_it_was_told(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    with server:
        iam(server).create_user(UserName="ana")  # type: ignore[attr-defined]
        before = {n: (server.data / n).read_bytes() for n in ("credentials", "admin-token", "root.key")}
        for name in before:
            assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o600
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert server.stop() == 0
    assert not (server.data / "server.json").exists()
    with server:
        assert iam(server).get_user(UserName="ana")["User"]["UserName"] == "ana"  # type: ignore[attr-defined]
        assert before == {n: (server.data / n).read_bytes() for n in before}
    secret = server.credentials.secret_key
    said = server.log.read_text()
    assert "Traceback" not in said
    assert secret not in said
    assert (server.data / "admin-token").read_text().strip() not in said


def test_a_lost_credentials_file_is_written_again(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    with server:
        pass
    before = (server.data / "credentials").read_bytes()
    (server.data / "credentials").unlink()
    with server:
        assert (server.data / "credentials").read_bytes() == before


def test_a_busy_port_is_said_plainly(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "one") as first:
        (tmp_path / "two").mkdir()
        second = ServerProcess(tmp_path / "two")
        second._settings = type(second._settings)(data_dir=second.data, port=first.port)
        with pytest.raises(AssertionError, match=r"Cannot listen on 127\.0\.0\.1 port"):
            second.start()
        assert "Traceback" not in second.log.read_text()


@pytest.fixture(autouse=True)
def directories(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()


def test_workers_share_a_port_and_are_replaced_when_they_die(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, workers=2) as server:
        client = iam(server)
        client.create_user(UserName="ana")  # type: ignore[attr-defined]
        for _ in range(10):
            assert client.get_user(UserName="ana")["User"]["UserName"] == "ana"  # type: ignore[attr-defined]
        assert server.process is not None
        children = [int(x) for x in _children(server.process.pid)]
        assert len(children) == 2
        os.kill(children[0], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while (now := [int(x) for x in _children(server.process.pid)]) == children or len(now) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert iam(server).get_user(UserName="ana")["User"]["UserName"] == "ana"  # type: ignore[attr-defined]
        assert server.stop() == 0
        deadline = time.monotonic() + 5
        while any(_alive(pid) for pid in now):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert "Traceback" not in server.log.read_text()


def _children(pid: int) -> list[str]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_tls_is_by_a_ca_of_the_data_directory_and_policies_see_it(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, tls=True) as server:
        word = json.loads((server.data / "server.json").read_bytes())
        assert word["url"].startswith("https://127.0.0.1:")
        client = iam(server, url=word["url"], verify=word["ca"])
        client.create_user(UserName="ana")  # type: ignore[attr-defined]
        client.put_user_policy(  # type: ignore[attr-defined]
            UserName="ana",
            PolicyName="only-tls",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Action": "iam:GetUser",
                        "Resource": "*",
                        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
                    },
                }
            ),
        )
        key = client.create_access_key(UserName="ana")["AccessKey"]  # type: ignore[attr-defined]
        ana = boto3.client(
            "iam",
            region_name="us-east-1",
            endpoint_url=word["url"],
            verify=word["ca"],
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        assert ana.get_user()["User"]["UserName"] == "ana"
        with pytest.raises(ClientError, match="not authorized to perform: iam:ListUsers"):
            ana.list_users()
        context = ssl.create_default_context(cafile=word["ca"])
        assert context.cert_store_stats()["x509_ca"] == 1
        assert stat.S_IMODE((server.data / "tls" / "ca-key.pem").stat().st_mode) == 0o600


def test_permissive_mode_takes_unknown_keys_and_no_others(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, permissive=True) as server:
        dummy = boto3.client(
            "sts",
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="whatever",
            aws_session_token="dummy",
        )
        assert dummy.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
        raw = server.signed(FORM)
        at = raw.index(b"Signature=") + 10
        wrong = raw[:at] + (b"0" if raw[at : at + 1] != b"0" else b"1") + raw[at + 1 :]
        assert status(server.send(wrong)) == 403
        forged = raw.replace(server.credentials.access_key.encode(), server.credentials.access_key.encode()[:-1] + b"A")
        if forged != raw:
            assert status(server.send(forged)) == 403


def test_a_terminal_interrupt_stops_it_cleanly(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        assert server.stop(signal.SIGINT) == 130
    assert not (server.data / "server.json").exists()
    assert "Traceback" not in server.log.read_text()
