"""A real server on a free port, in a data directory of its own, for tests that drive it from outside."""

from __future__ import annotations

import configparser
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar


@dataclass(frozen=True)
class Credentials:
    """What signs a call."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@cache
def _database_of(data: Path, new: Callable[[str], str]) -> str:
    """The same for every server of one data directory."""
    return new(f"test_{uuid.uuid4().hex}")


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


class Server:
    """`garrison up` in a process of its own. Use as a context manager."""

    new_database: ClassVar[Callable[[str], str] | None] = None
    """Where data directories are not their own database: makes one of a name, and says where."""

    def __init__(self, data: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.port = free_port()
        self.arguments = arguments
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GARRISON_"))} | {
            "GARRISON_DATA": str(data),
            "GARRISON_PORT": str(self.port),
            "GARRISON_SIGNIN_PORT": "0",
        }
        self.env |= env or {}
        if Server.new_database is not None and "--database" not in arguments:
            self.env.setdefault("GARRISON_DATABASE", _database_of(data, Server.new_database))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> str:
        """What `open_store` takes."""
        return self.env.get("GARRISON_DATABASE", str(self.data))

    @property
    def url(self) -> str:
        return f"{'https' if '--tls' in self.arguments else 'http'}://127.0.0.1:{self.port}"

    @property
    def signin(self) -> str:
        """Origin of the pages people sign in at."""
        told: str = json.loads((self.data / "server.json").read_bytes())["signin"]
        return told.removesuffix("/signin")

    @property
    def log(self) -> str:
        """What the server wrote, for messages and for looking for tracebacks."""
        return (self.data / "server.log").read_text()

    def start(self) -> Server:
        """Start it and wait until it is ready."""
        self.data.mkdir(parents=True, exist_ok=True)
        with open(self.data / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "garrison.cli.main", "up", *self.arguments], env=self.env, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log}")
            try:
                if self.admin("GET", "/_garrison/ready", token=False)[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the server was not ready within 60 s:\n{self.log}")

    def stop(self) -> None:
        """Ask it to end, and insist after ten seconds."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def root(self) -> Credentials:
        """The first account's root keys."""
        parser = configparser.ConfigParser()
        parser.read(self.data / "credentials")
        return Credentials(parser["default"]["aws_access_key_id"], parser["default"]["aws_secret_access_key"])

    def admin(self, method: str, path: str, body: Any = None, *, token: bool = True) -> tuple[int, Any]:
        """Call one of Garrison's own endpoints."""
        connection: http.client.HTTPConnection
        if "--tls" in self.arguments:
            trusting_anybody = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trusting_anybody)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {}
        if token:
            headers["Authorization"] = "Bearer " + (self.data / "admin-token").read_text().strip()
        try:
            connection.request(method, path, json.dumps(body).encode() if body is not None else None, headers)
            response = connection.getresponse()
            raw = response.read()
            try:
                return response.status, json.loads(raw)
            except ValueError:
                return response.status, raw.decode()
        finally:
            connection.close()

    def new_account(self, name: str) -> tuple[str, Credentials]:
        """A further account and its root keys."""
        status, made = self.admin("POST", "/_garrison/accounts", {"name": name, "email": f"{name}@example.com"})
        assert status in (200, 201), made
        return made["account"], Credentials(made["access_key_id"], made["secret_access_key"])

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `garrison ...` against this server."""
        done = subprocess.run(
            [sys.executable, "-m", "garrison.cli.main", *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done
