"""The root key of a running server: sealed, unsealed, under other seals, backed up, restored; and never made twice."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from garrison.keys.seal import Seal
from tests.clients.server import Server
from tests.keys.leaks import key_bytes_in

PASSPHRASE = "correct horse battery staple"
WORDS = {"GARRISON_SEAL_PASSPHRASE": PASSPHRASE}


def iam(server: Server) -> Any:
    return boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id=server.root.access_key_id,
        aws_secret_access_key=server.root.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def state(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = server.admin("GET", "/_garrison/kms")[1]
    return told


def start_sealed(server: Server) -> None:
    """Start a server that says it is up, and not that it is ready."""
    done = server.command("up", "--detach", *server.arguments)
    assert done.returncode == 0, done.stderr
    assert server.admin("GET", "/_garrison/ready", token=False) == (503, {"status": "sealed"})


def down(server: Server) -> None:
    assert server.command("down").returncode == 0


def test_a_root_key_that_is_gone_or_another_leaves_the_server_sealed_and_is_never_replaced(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    with server:
        iam(server).create_user(UserName="ana")
    path = server.data / "root.key"
    key = path.read_bytes()
    for wrong in (None, os.urandom(32)):
        path.unlink()
        if wrong is not None:
            path.write_bytes(wrong)
            path.chmod(0o600)
        start_sealed(server)
        try:
            told = state(server)
            assert (told["sealed"], [s["kind"] for s in told["seals"]]) == (True, ["file"])
            with pytest.raises(ClientError) as refusal:
                iam(server).get_user(UserName="ana")
            assert refusal.value.response["Error"]["Code"] == "ServiceUnavailable"
            assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            unsealed = server.command("kms", "unseal", check=False)
            assert unsealed.returncode == 1
            assert ("is missing" if wrong is None else "not the secret") in unsealed.stderr
            assert path.exists() == (wrong is not None)
            if wrong is not None:
                # Found at last: it opens without a restart.
                path.write_bytes(key)
                assert server.command("kms", "unseal").returncode == 0
                assert iam(server).get_user(UserName="ana")["User"]["UserName"] == "ana"
                assert server.admin("GET", "/_garrison/ready", token=False)[0] == 200
        finally:
            down(server)
        path.touch(0o600)


def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    with server:
        assert stat.S_IMODE((server.data / "root.key").stat().st_mode) == 0o600
    (server.data / "root.key").chmod(0o640)
    start_sealed(server)
    down(server)
    assert "can be read by others (mode 0640): chmod 600" in (server.data / "garrison.log").read_text()


def test_sealing_reaches_every_worker_and_so_does_unsealing(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--workers", "2") as server:
        for sealed in (True, False):
            assert server.command("kms", "seal" if sealed else "unseal").returncode == 0
            assert {state(server)["sealed"] for _ in range(12)} == {sealed}
            assert server.command("kms", "status", check=False).returncode == int(sealed)
            # Who calls is known all the same.
            assert iam(server).list_users()["Users"] == []


def test_a_passphrase_opens_the_server_by_hand_and_workers_share_it(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "--seal", "passphrase", "--workers", "2", env=WORDS)
    with server:
        assert not (server.data / "root.key").exists()
        assert [s["kind"] for s in state(server)["seals"]] == ["passphrase"]
    server.env.pop("GARRISON_SEAL_PASSPHRASE")
    start_sealed(server)
    try:
        status, told = server.admin("POST", "/_garrison/kms/unseal", {"passphrase": "wrong horse battery"})
        assert (status, "not the passphrase" in told["message"]) == (409, True)
        assert server.admin("POST", "/_garrison/kms/unseal", {"passphrase": PASSPHRASE})[0] == 200
        assert {state(server)["sealed"] for _ in range(12)} == {False}
        assert [iam(server).list_users()["Users"] for _ in range(6)] == [[]] * 6
    finally:
        down(server)


def test_seals_are_added_migrated_and_removed_but_the_last(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    with server:
        iam(server).create_user(UserName="ana")
        env, server.env = server.env, server.env | WORDS
        assert server.command("kms", "add-seal", "passphrase", "--name", "words").returncode == 0
        assert [s["name"] for s in state(server)["seals"]] == ["file", "words"]
        assert server.command("kms", "add-seal", "systemd", check=False).returncode == 1
        assert server.command("kms", "remove-seal", "words").returncode == 0
        last = server.command("kms", "remove-seal", "file", check=False)
        assert (last.returncode, "only seal" in last.stderr) == (1, True)
        assert server.command("kms", "migrate-seal", "--to", "passphrase").returncode == 0
        assert [s["name"] for s in state(server)["seals"]] == ["passphrase"]
        server.env = env
    # The file opens nothing any more.
    start_sealed(server)
    down(server)
    server.env |= WORDS
    with server:
        assert iam(server).get_user(UserName="ana")["User"]["UserName"] == "ana"


def test_a_systemd_credential_is_a_seal(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "garrison-root").write_bytes(os.urandom(48))
    server = Server(tmp_path / "data", "--seal", "systemd", env={"CREDENTIALS_DIRECTORY": str(credentials)})
    with server:
        iam(server).create_user(UserName="ana")
    with server:
        assert iam(server).get_user(UserName="ana")["User"]["UserName"] == "ana"
        assert not (server.data / "root.key").exists()


def test_others_are_not_let_in_while_the_root_key_lies_beside_the_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with pytest.raises(AssertionError, match="--accept-file-seal"):
        Server(data, "--host", "0.0.0.0").start()
    assert not (data / "root.key").exists()
    with Server(data, "--host", "0.0.0.0", "--accept-file-seal"):
        pass
    with pytest.raises(AssertionError, match="--accept-file-seal"):
        Server(data, "--host", "0.0.0.0").start()


def test_a_backup_restores_where_the_key_is_and_with_its_passphrase_where_it_is_not(tmp_path: Path) -> None:
    server, backup, recoverable = Server(tmp_path / "data"), tmp_path / "one.tar", tmp_path / "two.tar"
    with server:
        iam(server).create_user(UserName="ana")
        assert server.command("kms", "backup", str(backup)).returncode == 0
        server.env["GARRISON_RECOVERY_PASSPHRASE"] = PASSPHRASE
        assert server.command("kms", "backup", "--recovery-passphrase", str(recoverable)).returncode == 0
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        iam(server).create_user(UserName="too-late")
        running = server.command("kms", "restore", "--replace", str(backup), check=False)
        assert (running.returncode, "garrison down" in running.stderr) == (1, True)
    root_key = (server.data / "root.key").read_bytes()
    assert key_bytes_in([backup, recoverable], [root_key]) == []
    assert server.command("kms", "restore", str(backup), check=False).returncode == 1
    assert server.command("kms", "restore", "--replace", str(backup)).returncode == 0
    with server:
        assert [u["UserName"] for u in iam(server).list_users()["Users"]] == ["ana"]
    other = Server(tmp_path / "other")
    elsewhere = other.command("kms", "restore", str(recoverable), check=False)
    assert (elsewhere.returncode, "will start sealed" in elsewhere.stderr) == (1, True)
    (other.data / "credentials").write_bytes((server.data / "credentials").read_bytes())
    start_sealed(other)
    try:
        other.env |= WORDS
        assert other.command("kms", "unseal").returncode == 0
        assert [u["UserName"] for u in iam(other).list_users()["Users"]] == ["ana"]
    finally:
        down(other)


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    server, backup = Server(tmp_path / "data"), tmp_path / "one.tar"
    with server:
        assert server.command("kms", "backup", str(backup)).returncode == 0
    raw = bytearray(backup.read_bytes())
    raw[len(raw) // 2] ^= 1
    backup.write_bytes(raw)
    other = Server(tmp_path / "other")
    refused = other.command("kms", "restore", str(backup), check=False)
    assert (refused.returncode, "damaged" in refused.stderr) == (1, True)
    assert not (other.data / "garrison.db").exists()


def test_the_database_alone_holds_no_key_byte(tmp_path: Path) -> None:
    """Neither the root key, nor what is derived of it, nor the secrets that are sealed."""
    from garrison.gateway.root_key import open_root
    from garrison.gateway.settings import Settings
    from garrison.store.open import open_store

    server = Server(tmp_path / "data")
    with server:
        pass
    store = open_store(server.data)
    root = open_root(Settings(data_dir=server.data), store).root
    store.close()
    secrets = [root.reveal(), (server.data / "root.key").read_bytes(), server.root.secret_access_key.encode()]
    secrets += [root.derived(purpose) for purpose in ("secrets/v1", "kms/domain-key/v1", "kms/rows/v1")]
    assert Seal(root).root is root
    assert key_bytes_in(server.data.glob("garrison.db*"), secrets) == []
    assert key_bytes_in([server.data / "root.key"], secrets) != []


def test_a_reset_keeps_the_root_key_and_its_seals(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    with server:
        before = state(server)["seals"]
        assert server.admin("POST", "/_garrison/reset")[0] == 200
        assert state(server)["seals"] == before
    with server:
        assert iam(server).list_users()["Users"] == []


def test_a_database_without_its_root_key_rows_gets_no_second_root_key(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    with server:
        pass
    with sqlite3.connect(server.data / "garrison.db") as db:
        assert db.execute("DELETE FROM resources WHERE kind = 'garrison.root-key'").rowcount == 1
    with pytest.raises(AssertionError, match="no root key"):
        server.start()


def test_an_older_copy_of_the_database_is_noticed(tmp_path: Path) -> None:
    """The file says more changes were seen than the database knows of."""
    server = Server(tmp_path / "data")
    with server:
        pass
    from garrison.gateway.first_start import open_runtime
    from garrison.gateway.rollback import write_mark
    from garrison.gateway.settings import Settings

    runtime = open_runtime(Settings(data_dir=server.data))
    write_mark(runtime, server.data, 7)
    runtime.store.close()
    with server:
        told = state(server)
        assert told["sealed"]
        assert "had 0 changes, and 7 were seen" in server.log
        refused = server.command("kms", "unseal", check=False)
        assert (refused.returncode, "--accept-rollback" in refused.stderr) == (1, True)
        assert server.command("kms", "unseal", "--accept-rollback").returncode == 0
        assert json.loads((server.data / "ledger").read_bytes())["changes"] == 0
    with server:
        assert not state(server)["sealed"]
