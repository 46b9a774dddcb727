"""A throw-away PostgreSQL server for a test run: on a unix socket in a temporary directory, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path


class NoServer(Exception):
    """No PostgreSQL server is installed, or it does not start."""


def _binaries() -> Path:
    """The directory with `initdb` and `postgres`, newest version first. PATH may hold wrappers or an old one."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]) if p.parts[-3].isdigit() else 0
    )
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    if found is None:
        raise NoServer("no PostgreSQL server is installed (initdb is neither on PATH nor under /usr/lib/postgresql)")
    return Path(found).resolve().parent


def _unprivileged() -> tuple[str | None, int, int]:
    """PostgreSQL refuses to run as root: the user to run it as, if we are."""
    if os.getuid() != 0:
        return None, os.getuid(), os.getgid()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return name, entry.pw_uid, entry.pw_gid
    raise NoServer("running as root, and there is neither a user postgres nor nobody to run PostgreSQL as")


class PostgresqlServer:
    """One server with a superuser `garrison`. `database(name)` makes an empty database and gives its URL."""

    def __init__(self) -> None:
        self._bin = _binaries()
        self._user, uid, gid = _unprivileged()
        # Unix socket paths are limited to about 100 bytes, so not under pytest's own deep directories.
        self._directory = Path(tempfile.mkdtemp(prefix="garrison-pg-", dir="/tmp"))
        os.chown(self._directory, uid, gid)
        self._data = self._directory / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._run(["initdb", "-D", str(self._data), "-U", "garrison", "-A", "trust", "-N", "--locale=C.UTF-8"])
        self.start()

    def _command(self, arguments: Sequence[str]) -> list[str]:
        command = [str(self._bin / arguments[0]), *arguments[1:]]
        if self._user is None:
            return command
        return [
            "setpriv",
            f"--reuid={self._user}",
            f"--regid={pwd.getpwnam(self._user).pw_gid}",
            "--clear-groups",
            *command,
        ]

    def _run(self, arguments: Sequence[str]) -> None:
        done = subprocess.run(self._command(arguments), capture_output=True, text=True, check=False, cwd="/tmp")
        if done.returncode:
            raise NoServer(f"{arguments[0]} failed: {done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._directory),
            "fsync": "off",  # the directory is thrown away; killing the server itself is not what these tests do
            "shared_buffers": "32MB",
            "max_connections": "60",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(["postgres", "-D", str(self._data), *options]), stdout=log, stderr=log, cwd="/tmp"
            )
        for _ in range(300):
            if self._answers():
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise NoServer("postgres did not start: " + (self._directory / "log").read_text()[-2000:])

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._url("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def stop(self) -> None:
        """Stop at once; connections break."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
            self._process.wait(timeout=30)

    def close(self) -> None:
        """Stop and forget."""
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _url(self, database: str) -> str:
        return f"postgresql://garrison@/{database}?host={self._directory}"

    def database(self, name: str) -> str:
        """A new, empty database; the URL is one `open_store` takes."""
        import psycopg

        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self._url(name).replace("postgresql://", "postgresql+psycopg://")

    def drop(self, name: str) -> None:
        """Remove a database, throwing out whoever is connected."""
        import psycopg

        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
