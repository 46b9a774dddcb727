"""A server in the background."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import click

from garrison.cli.instance import Instance

_IN_ENVIRONMENT = {
    "upstream_secret_access_key": "GARRISON_UPSTREAM_SECRET_ACCESS_KEY",
    "upstream_session_token": "GARRISON_UPSTREAM_SESSION_TOKEN",
}


def start_detached(garrison: Instance, options: dict[str, Any]) -> None:
    """Start `garrison up` as a background process and wait until it is ready."""
    arguments = [sys.executable, "-m", "garrison.cli.main", "up"]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if name in _IN_ENVIRONMENT:
            # The command line of a process is for everybody to read.
            os.environ |= {_IN_ENVIRONMENT[name]: value} if value is not None else {}
            continue
        if name == "data" or value in (None, False, ()):
            continue
        if value is True:
            arguments.append(flag)
        elif isinstance(value, tuple):
            for one in value:
                arguments += [flag, str(one)]
        else:
            arguments += [flag, str(value)]
    garrison.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(garrison.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
        start = log.tell()
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            env=os.environ | {"GARRISON_DATA": str(garrison.data)},
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = garrison.log.read_bytes()[start:].decode(errors="replace").strip()
            raise click.ClickException(f"Garrison did not start.\n{said}")
        server = garrison.server()
        if server is not None and garrison.answer() in ("ready", "sealed"):
            said = garrison.log.read_bytes()[start:].decode(errors="replace").strip()
            click.echo(said, err=True)
            return
        time.sleep(0.05)
    process.terminate()
    raise click.ClickException(f"Garrison was not ready within 60 seconds; its log is {garrison.log}")
