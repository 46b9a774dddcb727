"""The root key: sealed, unsealed, under other seals, backed up and restored; and never made twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from click.testing import CliRunner

from garrison import services
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.cli.kms import kms
from garrison.gateway import admin_kms, first_start, root_key
from garrison.gateway.admin_kms import RootKeyOperations, Unseal
from garrison.gateway.first_start import open_runtime
from garrison.gateway.rollback import changes_in_database, write_mark
from garrison.gateway.root_key import Refusal, open_root, wrapped_roots
from garrison.gateway.settings import Settings
from garrison.keys import seals
from garrison.keys.errors import Sealed, Tampered
from garrison.keys.seals import SealUnavailable
from garrison.store.open import open_store
from tests.clients.server import Server
from tests.keys.leaks import key_bytes_in

PASSPHRASE = "correct horse battery staple"
WORDS = {"GARRISON_SEAL_PASSPHRASE": PASSPHRASE}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id as cheap as it gets, in this process; nothing of the environment."""
    monkeypatch.setattr(seals, "MEMORY_KIB", 64)
    for name in ("GARRISON_SEAL_PASSPHRASE", "CREDENTIALS_DIRECTORY", "GARRISON_DATABASE", "GARRISON_ROOT_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    services.load()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@contextmanager
def running(settings: Settings) -> Iterator[Runtime]:
    """A Garrison without its doors."""
    runtime = open_runtime(settings)
    try:
        yield runtime
    finally:
        runtime.store.close()


def names(runtime: Runtime) -> list[str]:
    return [row.name for row in wrapped_roots(runtime.store)]


def secret_of(runtime: Runtime) -> bytes:
    """What only the right root key gives."""
    return runtime.seal.root.derived("test")


def test_a_root_key_that_is_gone_or_another_stays_sealed_and_is_never_replaced(settings: Settings) -> None:
    with running(settings) as runtime:
        before = secret_of(runtime)
    path = settings.data_dir / "root.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_bytes()
    for wrong, mode, why in (
        (None, 0, "is missing"),
        (os.urandom(32), 0o600, "not the secret"),
        (key[:31], 0o600, "not the secret"),
        (b"", 0o600, "not the secret"),
        (key, 0o640, "can be read by others"),
    ):
        path.unlink(missing_ok=True)
        if wrong is not None:
            path.write_bytes(wrong)
            path.chmod(mode)
        with closing(open_store(settings.data_dir)) as store:
            state = open_root(settings, store)
        assert state.root.sealed
        assert why in state.reasons[0]
        with running(settings) as runtime, pytest.raises(Sealed):
            runtime.seal.seal("test", b"", "")
        assert path.exists() == (wrong is not None)
    path.chmod(0o600)
    with running(settings) as runtime:
        assert secret_of(runtime) == before


def test_a_database_without_its_root_key_rows_gets_no_second_root_key(settings: Settings) -> None:
    with running(settings):
        pass
    with sqlite3.connect(settings.data_dir / "garrison.db") as db:
        assert db.execute("DELETE FROM resources WHERE kind = 'garrison.root-key'").rowcount == 1
    with pytest.raises(Refusal, match="no root key"):
        open_runtime(settings)


def test_seals_are_added_migrated_and_removed_but_the_last(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(settings) as runtime:
        before = secret_of(runtime)
        root_key.add_seal(runtime, settings, "passphrase", name="words", passphrase=PASSPHRASE)
        assert names(runtime) == ["file", "words"]
        with pytest.raises(SealUnavailable, match="not started by systemd"):
            root_key.add_seal(runtime, settings, "systemd")
        with pytest.raises(ValueError, match="12 characters"):
            root_key.migrate(runtime, settings, "passphrase", passphrase="short")
        assert names(runtime) == ["file", "words"]
        root_key.remove_seal(runtime, "words")
        with pytest.raises(ValueError, match="only seal"):
            root_key.remove_seal(runtime, "file")
        assert root_key.migrate(runtime, settings, "passphrase", passphrase="another passphrase") == (
            "passphrase",
            ["file"],
        )
        # A passphrase is changed by moving to another one.
        assert root_key.migrate(runtime, settings, "passphrase", passphrase=PASSPHRASE) == (
            "passphrase-2",
            ["passphrase"],
        )
    with running(settings) as runtime:
        assert runtime.seal.root.sealed, "the file opens nothing any more"
        with pytest.raises(seals.CannotOpen, match="not the passphrase"):
            root_key.unseal(runtime, settings, "another passphrase")
        assert root_key.unseal(runtime, settings, PASSPHRASE) == "passphrase-2"
        assert secret_of(runtime) == before
    monkeypatch.setenv("GARRISON_SEAL_PASSPHRASE", PASSPHRASE)
    with running(settings) as runtime:
        assert secret_of(runtime) == before


def test_a_systemd_credential_is_a_seal(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = msgspec.structs.replace(settings, seal="systemd")
    with pytest.raises(Refusal, match="LoadCredentialEncrypted"):
        open_runtime(settings)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "garrison-root").write_bytes(os.urandom(48))
    for _ in range(2):
        with running(settings) as runtime:
            assert not runtime.seal.root.sealed
            assert names(runtime) == ["systemd"]
    assert not (settings.data_dir / "root.key").exists()


def test_others_are_not_let_in_while_the_root_key_lies_beside_the_database(settings: Settings) -> None:
    public = msgspec.structs.replace(settings, host="0.0.0.0")
    with pytest.raises(Refusal, match="--accept-file-seal"):
        open_runtime(public)
    assert not (settings.data_dir / "root.key").exists()
    with running(msgspec.structs.replace(public, accept_file_seal=True)):
        pass
    for exposed in (public, msgspec.structs.replace(settings, host="::"), msgspec.structs.replace(settings, host="h")):
        with pytest.raises(Refusal, match="--accept-file-seal"):
            open_runtime(exposed)
    for own in ("127.0.0.1", "::1", "localhost"):
        with running(msgspec.structs.replace(settings, host=own)):
            pass


def test_a_reset_keeps_the_root_key_and_its_seals(settings: Settings) -> None:
    with running(settings) as runtime:
        before = secret_of(runtime)
        write_mark(runtime, settings.data_dir, 9)
        first_start.reset(runtime, settings.data_dir)
        assert names(runtime) == ["file"]
    with running(settings) as runtime:
        assert secret_of(runtime) == before


def test_an_older_copy_of_the_database_or_an_altered_mark_is_noticed(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = settings.data_dir / "ledger"
    with running(settings) as runtime:
        write_mark(runtime, settings.data_dir, 7)
    with running(settings) as runtime:
        assert runtime.seal.root.sealed
        assert "had 0 changes, and 7 were seen" in caplog.text
        # Who calls is known all the same.
        assert runtime.seal.usable
    mark = json.loads(ledger.read_bytes())
    for altered in (mark | {"changes": 0}, mark | {"root_id": "0" * 32}, {"changes": 0}):
        ledger.write_text(json.dumps(altered))
        with running(settings) as runtime:
            assert runtime.seal.root.sealed
            root_key.unseal(runtime, settings, None)
    with running(settings) as runtime:
        root_key.unseal(runtime, settings, None)
        write_mark(runtime, settings.data_dir, changes_in_database(runtime))
    with running(settings) as runtime:
        assert not runtime.seal.root.sealed


def test_unsealing_that_is_refused_opens_nothing_meanwhile(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(settings) as runtime:
        write_mark(runtime, settings.data_dir, 7)
        runtime.seal.root.seal()
        operations, generation = RootKeyOperations(runtime, settings, None), runtime.seal.root.generation
        with pytest.raises(AwsError, match="RolledBack"):
            asyncio.run(operations.unseal(Unseal()))
        assert (runtime.seal.root.sealed, runtime.seal.root.generation) == (True, generation)

        def changed(*_: Any) -> None:
            raise Tampered("the ledger")

        with monkeypatch.context() as patched:
            patched.setattr(admin_kms, "older_than_seen", changed)
            with pytest.raises(AwsError, match="Tampered"):
                asyncio.run(operations.unseal(Unseal(accept_rollback=True)))
        assert (runtime.seal.root.sealed, runtime.seal.root.generation) == (True, generation)
        asyncio.run(operations.unseal(Unseal(accept_rollback=True)))
        assert not runtime.seal.root.sealed


def command(data: Path, *arguments: str, **env: str) -> Any:
    return CliRunner().invoke(kms, arguments, env={"GARRISON_DATA": str(data)} | env)


def test_a_backup_restores_where_the_key_is_and_with_its_passphrase_where_it_is_not(
    settings: Settings, tmp_path: Path
) -> None:
    data, backup, recoverable = settings.data_dir, tmp_path / "one.tar", tmp_path / "two.tar"
    with running(settings) as runtime:
        before, changes = secret_of(runtime), changes_in_database(runtime)
        assert command(data, "backup", str(backup)).exit_code == 0
        recovery = {"GARRISON_RECOVERY_PASSPHRASE": PASSPHRASE}
        assert command(data, "backup", "--recovery-passphrase", str(recoverable), **recovery).exit_code == 0
        assert names(runtime) == ["file"], "the recovery passphrase opens the backup alone"
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        write_mark(runtime, data, changes + 5)
    assert key_bytes_in([backup, recoverable], [before, (data / "root.key").read_bytes()]) == []
    assert "is there already" in command(data, "backup", str(backup)).output
    assert "--replace" in command(data, "restore", str(backup)).output
    done = command(data, "restore", "--replace", str(backup))
    assert (done.exit_code, "seal file opens" in done.output) == (0, True)
    with running(settings) as runtime:
        assert secret_of(runtime) == before, "a restored database is older on purpose"
    other = Settings(data_dir=tmp_path / "other")
    elsewhere = command(other.data_dir, "restore", str(recoverable))
    assert (elsewhere.exit_code, "will start sealed" in elsewhere.output) == (1, True)
    with running(other) as runtime:
        assert root_key.unseal(runtime, other, PASSPHRASE) == "recovery"
        assert secret_of(runtime) == before


def test_a_damaged_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "one.tar"
    with running(settings):
        assert command(settings.data_dir, "backup", str(backup)).exit_code == 0
    good = backup.read_bytes()
    for wrong in (good[: len(good) // 2] + b"x" + good[len(good) // 2 + 1 :], good[:100], b"junk"):
        backup.write_bytes(wrong)
        refused = command(tmp_path / "other", "restore", str(backup))
        assert refused.exit_code == 1
        assert "damaged" in refused.output or "no backup" in refused.output
        assert not (tmp_path / "other" / "garrison.db").exists()


def test_the_database_alone_holds_no_key_byte(settings: Settings) -> None:
    """Neither the root key, nor what is derived of it, nor the secrets that are sealed."""
    with running(settings) as runtime:
        root = runtime.seal.root
        secrets = [root.reveal(), (settings.data_dir / "root.key").read_bytes()]
        secrets += [root.derived(purpose) for purpose in ("secrets/v1", "kms/domain-key/v1", "kms/rows/v1")]
    credentials = (settings.data_dir / "credentials").read_text()
    secrets.append(credentials.split("aws_secret_access_key = ")[1].split()[0].encode())
    assert key_bytes_in(settings.data_dir.glob("garrison.db*"), secrets) == []
    assert key_bytes_in([settings.data_dir / "root.key"], secrets) != []


# With a real server and its processes


def iam(server: Server) -> Any:
    return boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id=server.root.access_key_id,
        aws_secret_access_key=server.root.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def kill_a_worker(server: Server) -> None:
    assert server.process is not None
    found = subprocess.run(
        ["pgrep", "-P", str(server.process.pid), "-f", "garrison.gateway.workers"],
        capture_output=True,
        text=True,
        check=True,
    )
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)


def test_a_sealed_server_says_so_and_every_worker_opens_with_one_passphrase(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "--seal", "passphrase", "--workers", "2", env=WORDS)

    def sealed() -> set[bool]:
        return {server.admin("GET", "/_garrison/kms")[1]["sealed"] for _ in range(8)}

    with server:
        assert not (server.data / "root.key").exists()
        assert iam(server).list_users()["Users"] == []
        # Sealed while it runs, it still knows who calls.
        assert server.admin("POST", "/_garrison/kms/seal", {})[0] == 200
        assert sealed() == {True}
        assert [iam(server).list_users()["Users"] for _ in range(4)] == [[]] * 4
        # So does a worker that is started now.
        kill_a_worker(server)
        deadline = time.monotonic() + 60
        while "starting another" not in server.log:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert [iam(server).list_users()["Users"] for _ in range(8)] == [[]] * 8
    server.env.pop("GARRISON_SEAL_PASSPHRASE")
    started = server.command("up", "--detach", *server.arguments)
    try:
        assert "SEALED (under passphrase): garrison kms unseal" in started.stderr
        assert server.admin("GET", "/_garrison/ready", token=False) == (503, {"status": "sealed"})
        with pytest.raises(ClientError) as refusal:
            iam(server).list_users()
        assert refusal.value.response["Error"]["Code"] == "ServiceUnavailable"
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        status, told = server.admin("POST", "/_garrison/kms/unseal", {"passphrase": "wrong horse battery"})
        assert (status, "not the passphrase" in told["message"]) == (409, True)
        server.env |= WORDS
        assert "Open, by the seal passphrase" in server.command("kms", "unseal").stderr
        assert sealed() == {False}
        assert [iam(server).list_users()["Users"] for _ in range(4)] == [[]] * 4
    finally:
        server.command("down")
