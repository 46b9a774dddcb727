"""A Garrison of a story's own before an emulator that has no IAM, where a story is about a service Garrison has not.

Both are processes of this machine, in a directory that goes with them.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from garrison.checks.api import NotRead, Refused
from garrison.checks.collect.live import Ask
from garrison.stories.story import StoryError

_STARTS = 90.0
"""Seconds either may take to answer."""


@contextmanager
def opened() -> Iterator[tuple[Path, Ask, str]]:
    """Its data directory, its operator's door and its address. Raises `StoryError`."""
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    moto = shutil.which("moto_server", path=beside)
    if moto is None:
        raise StoryError("This story needs moto_server, for its S3: pip install 'moto[server]'")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garrison-story-")))
        behind, port = _free_port(), _free_port()
        _running(stack, [moto, "-p", str(behind)], dict(os.environ))
        data = directory / "data"
        env = {name: value for name, value in os.environ.items() if not name.startswith(("GARRISON_", "AWS_"))}
        env |= {"GARRISON_DATA": str(data), "GARRISON_PORT": str(port), "GARRISON_SIGNIN_PORT": "0"}
        up = [sys.executable, "-m", "garrison.cli.main", "up", "--upstream", f"http://127.0.0.1:{behind}"]
        garrison = _running(stack, up, env)
        url = f"http://127.0.0.1:{port}"
        _until_ready(garrison, f"{url}/_garrison/ready", behind)
        yield data, _operator(data, url), url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _running(stack: ExitStack, command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end() -> None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(end)
    return process


def _until_ready(garrison: subprocess.Popen[bytes], ready: str, behind: int) -> None:
    deadline = time.monotonic() + _STARTS
    while time.monotonic() < deadline and garrison.poll() is None:
        try:
            with urllib.request.urlopen(ready, timeout=10), socket.create_connection(("127.0.0.1", behind), 5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.1)
    raise StoryError("The Garrison of this story's own did not start. garrison doctor may say why.")


def _operator(data: Path, url: str) -> Ask:
    token = (data / "admin-token").read_text().strip()

    def ask(method: str, path: str, body: Any) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(url + path, content, headers, method=method)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            told = json.loads(e.read() or b"{}")
            raise Refused(str(told.get("code", e.code)), str(told.get("message", ""))) from e
        except OSError as e:
            raise NotRead("garrison", str(e)) from e

    return ask
