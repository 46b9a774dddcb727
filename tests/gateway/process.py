"""A real server process of its own, on a free port."""

from __future__ import annotations

import configparser
import datetime
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import msgspec
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from garrison.gateway.settings import Settings

_START = """
import sys, msgspec
from garrison.gateway.server import serve
from garrison.gateway.settings import Settings
sys.exit(serve(msgspec.json.decode(sys.argv[1], type=Settings, dec_hook=lambda t, v: t(v))))
"""


class ServerProcess:
    """`with ServerProcess(directory) as server: ...`"""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.data = directory / "data"
        self.log = directory / "log"
        self._settings = Settings(data_dir=self.data, port=0, **({"signin_port": 0} | settings))
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.ready_after = 0.0

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        began = time.monotonic()
        encoded = msgspec.json.encode(self._settings, enc_hook=str).decode()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([sys.executable, "-c", _START, encoded], stdout=log, stderr=log)
        deadline = began + 30
        while not (self.data / "server.json").exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.01)
        self.ready_after = time.monotonic() - began
        url = urlsplit(msgspec.json.decode((self.data / "server.json").read_bytes())["url"])
        self.port = url.port or 0

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return (self.data / "admin-token").read_text().strip()

    @property
    def credentials(self) -> Credentials:
        parser = configparser.ConfigParser()
        parser.read(self.data / "credentials")
        found = parser["default"]
        return Credentials(found["aws_access_key_id"], found["aws_secret_access_key"])

    def memory(self) -> int:
        assert self.process is not None
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def signed(self, body: bytes, service: str = "sts", path: str = "/", *, ago: float = 0.0, **headers: str) -> bytes:
        """The bytes of a POST, signed `ago` seconds ago."""
        given = {"Content-Type": "application/x-www-form-urlencoded"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        request = AWSRequest("POST", self.url + path, data=body, headers=given)
        moment = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(seconds=ago)
        with patch.object(auth, "get_current_datetime", lambda *_: moment):
            auth.SigV4Auth(self.credentials, service, "us-east-1").add_auth(request)
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items() if name.lower() != "host"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def send(self, raw: bytes, *, wait: float = 5.0, half_close: bool = False) -> bytes:
        """Send bytes on a new connection; what comes back until it is answered, or closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            try:
                connection.sendall(raw)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return answer(connection)


def answer(connection: socket.socket) -> bytes:
    """One response from a connection; what came of it if the connection ends."""
    got = b""
    try:
        while b"\r\n\r\n" not in got:
            more = connection.recv(65536)
            if not more:
                return got
            got += more
        head, _, body = got.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                return got
            body += more
            got += more
    except ConnectionResetError:
        pass
    return got


def status(raw: bytes) -> int:
    """The status code of a raw response; 0 if there is none."""
    return int(raw.split(b" ", 2)[1]) if raw.startswith(b"HTTP/1.1 ") else 0
