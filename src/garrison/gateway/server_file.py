"""`server.json` in the data directory: how the command line finds a running server. There only while it runs."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import msgspec

from garrison import __version__

NAME = "server.json"


class ServerFile(msgspec.Struct, frozen=True):
    """A running server's word of itself."""

    pid: int
    url: str
    version: str
    ca: str | None = None
    """Path of the development CA's certificate, when the server speaks TLS."""
    signin: str | None = None
    """Where people sign in."""


def write_server_file(data: Path, url: str, ca: Path | None = None) -> Path:
    """Leave word that this process serves from `data` at `url`; the caller removes the file at the end."""
    path = data / NAME
    temporary = data / (NAME + ".new")
    server = ServerFile(pid=os.getpid(), url=url, version=__version__, ca=str(ca) if ca else None)
    temporary.write_bytes(msgspec.json.encode(server))
    temporary.rename(path)
    return path


def read_server_file(data: Path) -> ServerFile | None:
    """What the server in `data` said, or None when none runs there."""
    try:
        server = msgspec.json.decode((data / NAME).read_bytes(), type=ServerFile)
    except (OSError, msgspec.DecodeError):
        return None
    return server if _alive(server.pid) else None


def command() -> str:
    """How a shell of this environment calls `garrison`: by its path where it is not on the PATH."""
    beside = Path(sys.executable).parent / "garrison"
    if shutil.which("garrison") is not None or not beside.exists():
        return "garrison"
    return shlex.quote(str(beside))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
