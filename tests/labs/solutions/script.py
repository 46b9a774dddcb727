"""What solutions are written with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from click.testing import CliRunner

from garrison.aws import own
from garrison.cli.main import cli
from garrison.labs import Attempt
from tests.clients.server import Server

Act = Callable[["Learner"], None]
_sessions: dict[str, Any] = {}


@dataclass
class Learner:
    """Somebody at work on a lab, with what the lab handed out."""

    server: Server
    attempt: Attempt
    evidence: Path
    """Where the lab keeps what `garrison assess` says."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What one step leaves for another."""

    def fact(self, name: str) -> str:
        return self.attempt.facts[name]

    def client(self, service: str, profile: str | None = None, *, region: str = "us-east-1") -> Any:
        """boto3, as one of the profiles handed out."""
        handed = self.attempt.handed
        keys = self.attempt.keys[handed[profile] if profile else next(iter(handed.values()))]
        if "session" not in _sessions:
            made = _sessions["session"] = boto3.Session()
            made._session.get_component("data_loader").search_paths.insert(0, str(own.directory()))
        return _sessions["session"].client(
            service,
            region_name=region,
            endpoint_url=self.server.url,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    @cached_property
    def iam(self) -> Any:
        return self.client("iam")

    def write_policy(self, user: str, name: str, *statements: Mapping[str, Any]) -> None:
        """Give a user an inline policy, or replace it."""
        self.iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=document(*statements))

    def garrison(self, *arguments: str, ends: tuple[int, ...] = (0,)) -> str:
        """`garrison ...` with the environment of the lab; in this process, as starting one takes seconds."""
        done = CliRunner().invoke(cli, arguments, env=self._environment())
        assert done.exit_code in ends, (done.exit_code, done.stderr, done.stdout, done.exception)
        return done.stdout

    def apart(self, *arguments: str) -> int:
        """The exit code of `garrison ...` in a process of its own: a process remembers the first environment it saw."""
        return self._ran("garrison.cli.main", *arguments).returncode

    def aws(self, *arguments: str) -> Any:
        """Run the aws command, and read what it prints."""
        done = self._ran("awscli", *arguments, "--output", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def _ran(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        env = os.environ | self._environment()
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)

    def _environment(self) -> dict[str, str]:
        keys = self.attempt.keys[next(iter(self.attempt.handed.values()))]
        return {
            "GARRISON_DATA": str(self.server.data),
            "GARRISON_PORT": str(self.server.port),
            "GARRISON_EVIDENCE": str(self.evidence),
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


class Script:
    """The solution of one lab."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.steps: dict[str, Act] = {}
        self.ready: Callable[[Server], None] = lambda server: None

    def before(self, function: Callable[[Server], None]) -> Callable[[Server], None]:
        """Register what a server must have before the lab is started."""
        self.ready = function
        return function

    def step(self, id: str) -> Callable[[Act], Act]:
        """Register what does a step."""

        def register(function: Act) -> Act:
            self.steps[id] = function
            return function

        return register


def document(*statements: Mapping[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def until(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
