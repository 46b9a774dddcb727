"""The Garrison a command talks to: its data directory, its address, its credentials."""

from __future__ import annotations

import configparser
import http.client
import json
import os
import ssl
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec
import platformdirs

from garrison.gateway.server_file import ServerFile, command, read_server_file

DEFAULT_PORT = 4590
UNREACHABLE = 4
"""Exit code: the server does not answer."""


class Unreachable(click.ClickException):
    """No server answers there."""

    exit_code = UNREACHABLE


class Instance(msgspec.Struct, frozen=True):
    """One Garrison, chosen by `GARRISON_DATA` and `GARRISON_PORT`."""

    data: Path
    port: int | None = None

    @property
    def log(self) -> Path:
        return self.data / "garrison.log"

    def server(self) -> ServerFile | None:
        """What `server.json` says, or None if no server was started from this directory (or it is gone)."""
        return read_server_file(self.data)

    def url(self) -> str:
        """Where it listens. A running server's own word wins over the port asked for."""
        server = self.server()
        if server is not None:
            return server.url
        return f"http://127.0.0.1:{self.port or DEFAULT_PORT}"

    def credentials(self) -> dict[str, str]:
        """The first account's root keys: `aws_access_key_id`, `aws_secret_access_key`, `region`."""
        path = self.data / "credentials"
        parser = configparser.ConfigParser()
        if not parser.read(path):
            raise Unreachable(f"There are no credentials in {path}. {self._way_to_credentials()}")
        return dict(parser["default"])

    def _way_to_credentials(self) -> str:
        if not (self.data / "admin-token").exists():
            return "Start Garrison first: garrison up --detach"
        first = "" if self.server() else f"{command()} up --detach, then "
        return f"Root has no active access key; make one: {first}{command()} account root-key"

    def admin_token(self) -> str:
        try:
            return (self.data / "admin-token").read_text().strip()
        except OSError as e:
            raise Unreachable(f"There is no admin token in {self.data}. Start Garrison first: garrison up") from e

    def request(self, method: str, path: str, body: Any = None, *, timeout: float = 30) -> tuple[int, bytes]:
        """Call one of Garrison's own endpoints (`/_garrison/...`) with the admin token."""
        url = urlsplit(self.url())
        connection: http.client.HTTPConnection
        if url.scheme == "https":
            server = self.server()
            context = ssl.create_default_context(cafile=server.ca if server else None)
            connection = http.client.HTTPSConnection(url.hostname or "", url.port, timeout=timeout, context=context)
        else:
            connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=timeout)
        headers = {"Authorization": f"Bearer {self.admin_token()}"}
        try:
            connection.request(method, path, json.dumps(body).encode() if body is not None else None, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except OSError as e:
            raise Unreachable(f"Nothing answers at {self.url()} ({e}). Is it running? garrison up --detach") from e
        finally:
            connection.close()

    def answer(self) -> str:
        """`ready`, `sealed` (it runs, and its root key does not open), or why not; empty if nothing answers."""
        try:
            return str(json.loads(self.request("GET", "/_garrison/ready", timeout=2)[1])["status"])
        except (click.ClickException, ValueError, KeyError, TypeError):
            return ""

    def ask(self, method: str, path: str, body: Any = None, *, timeout: float = 30) -> Any:
        """Like `request`, decoded; an error answer becomes a message for people."""
        status, raw = self.request(method, path, body, timeout=timeout)
        try:
            answer = json.loads(raw) if raw else None
        except ValueError:
            answer = raw.decode(errors="replace")
        if status >= 400:
            text = answer.get("message", answer) if isinstance(answer, dict) else answer
            raise click.ClickException(str(text))
        return answer

    def trust(self) -> None:
        """Have botocore trust the running server's development CA, where it has one and nobody said what to trust."""
        server = self.server()
        if server is not None and server.ca:
            os.environ.setdefault("AWS_CA_BUNDLE", server.ca)

    def now(self) -> float:
        """The time the running server goes by: in development mode it can be ahead of this machine's."""
        found: float = self.ask("GET", "/_garrison/clock")["now"]
        return found


def instance() -> Instance:
    """The instance this command line means."""
    data = os.environ.get("GARRISON_DATA") or configured().get("data")
    port = os.environ.get("GARRISON_PORT") or configured().get("port")
    if port is not None and not str(port).isdigit():
        raise click.UsageError(f"GARRISON_PORT is {port!r}, which is not a port number.")
    path = Path(data).expanduser() if data else Path(platformdirs.user_data_dir("garrison", appauthor=False))
    return Instance(path, int(port) if port else None)


def configured() -> dict[str, Any]:
    """`garrison.toml` of the current directory: defaults for the options of `garrison up`, by their long names."""
    try:
        with open("garrison.toml", "rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as e:
        raise click.UsageError(f"garrison.toml: {e}") from e
