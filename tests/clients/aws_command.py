"""The aws command in one process that takes many commands: Python and the models are loaded once, not at every call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Self

from tests.clients.server import Credentials, Server

_LOOP = """
import contextlib, io, json, os, sys
from awscli.clidriver import create_clidriver
drivers = {}
for line in sys.stdin:
    arguments, keys = json.loads(line)
    os.environ.update(keys)
    driver = drivers.setdefault(keys["AWS_ACCESS_KEY_ID"], None) or create_clidriver()
    drivers[keys["AWS_ACCESS_KEY_ID"]] = driver
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver.main(arguments)
        except SystemExit as e:
            code = e.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""
"""`driver.main` is all that the aws script itself calls. A driver keeps the credentials that it found at its start."""


class Refused(Exception):
    """The command ended with another code than 0; its text is what it wrote to standard error."""


class Aws:
    """Call with what stands after `aws`: `aws("inspector2", "list-findings")`. Use as a context manager.

    Answers are the decoded JSON, {} where it prints nothing.
    """

    def __init__(self, server: Server, credentials: Credentials, **environment: str) -> None:
        """`environment`: further variables, `AWS_DATA_PATH` for one."""
        self._credentials = credentials
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_DEFAULT_OUTPUT": "json",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
            **environment,
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOOP], env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.communicate()

    def __call__(self, service: str, command: str, *arguments: str, by: Credentials | None = None) -> Any:
        """`by` other credentials than this one's own."""
        keys = by or self._credentials
        environment = {
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_SESSION_TOKEN": keys.session_token or "",
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([[service, command, *arguments], environment]) + "\n")
        self._process.stdin.flush()
        code, out, err = json.loads(self._process.stdout.readline())
        if code:
            raise Refused(err)
        return json.loads(out) if out.strip() else {}
