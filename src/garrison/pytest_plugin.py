"""Garrison in pytest: a server for the tests, and assertions about who may do what.

    def test_analysts_cannot_delete(garrison, assert_denied):
        iam = garrison.client("iam")
        iam.create_user(UserName="ana")
        assert_denied("arn:aws:iam::123456789012:user/ana", "s3:DeleteObject", "arn:aws:s3:::logs/x",
                      because="DENY_IMPLICIT_IDENTITY")

One server serves the whole test run; every test that takes the `garrison` fixture begins with it empty. Nothing is
imported and nothing started before a test asks for it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

_START_SECONDS = 60.0


class Garrison:
    """A running server of this test run."""

    def __init__(self, data: Path, endpoint_url: str, process: subprocess.Popen[bytes], region: str) -> None:
        self.data = data
        """Its data directory, which goes with it."""
        self.endpoint_url = endpoint_url
        self.region = region
        self.process = process

    @property
    def credentials(self) -> dict[str, str]:
        """Root keys of the first account, as boto3's clients and sessions take them."""
        found = self._instance().credentials()
        return {k: found[k] for k in ("aws_access_key_id", "aws_secret_access_key")}

    @property
    def account(self) -> str:
        """Id of the first account."""
        found = self._ask("GET", "/_garrison/accounts")["accounts"]
        account: str = found[0]["id"]
        return account

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point any AWS client here, for `subprocess` and `monkeypatch.setenv`."""
        from garrison.cli.environment import variables

        return {k: v for k, v in variables(self._instance()).items() if k != "PATH"}

    def client(self, service: str, **more: Any) -> Any:
        """A boto3 client (botocore's, where boto3 is not installed) with root keys, or those in `more`."""
        settings = {"endpoint_url": self.endpoint_url, "region_name": self.region, **self.credentials, **more}
        try:
            import boto3
        except ImportError:
            from botocore.session import Session

            return Session().create_client(service, **settings)
        return boto3.client(service, **settings)

    def reset(self) -> None:
        """Forget everything but the first account and its root keys."""
        self._ask("POST", "/_garrison/reset")

    def simulate(
        self, principal: str, action: str, resource: str = "*", context: Mapping[str, str | list[str]] | None = None
    ) -> dict[str, Any]:
        """What would be decided: `{"explanation": {...}, "text": ...}`."""
        question = {"principal": principal, "action": action, "resource": resource, "context": dict(context or {})}
        answer: dict[str, Any] = self._ask("POST", "/_garrison/simulate", question)
        return answer

    def assert_allowed(
        self, principal: str, action: str, resource: str = "*", context: Mapping[str, str | list[str]] | None = None
    ) -> None:
        """Fail, and show why, unless `principal` may do `action` on `resource`."""
        answer = self.simulate(principal, action, resource, context)
        if not answer["explanation"]["allowed"]:
            raise AssertionError(f"expected to be allowed:\n{answer['text']}")

    def assert_denied(
        self,
        principal: str,
        action: str,
        resource: str = "*",
        context: Mapping[str, str | list[str]] | None = None,
        *,
        because: str | None = None,
    ) -> None:
        """Fail unless it is denied; with `because`, unless that reason code is among those that deny it."""
        answer = self.simulate(principal, action, resource, context)
        explanation = answer["explanation"]
        if explanation["allowed"]:
            raise AssertionError(f"expected to be denied:\n{answer['text']}")
        if because is not None and because not in (explanation["code"], *explanation["also"]):
            raise AssertionError(f"expected to be denied because of {because}:\n{answer['text']}")

    def _instance(self) -> Any:
        from garrison.cli.instance import Instance

        return Instance(self.data)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return self._instance().ask(method, path, body)


def _start(data: Path, region: str) -> Garrison:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GARRISON_"))}
    env |= {"GARRISON_DATA": str(data), "GARRISON_PORT": str(port), "GARRISON_REGION": region}
    log = data / "garrison.log"
    with open(log, "wb") as out:
        # Not in the caller's directory, whose garrison.toml is about another Garrison.
        process = subprocess.Popen(
            [sys.executable, "-m", "garrison.cli.main", "up"], env=env, stdout=out, stderr=out, cwd=data
        )
    server = Garrison(data, f"http://127.0.0.1:{port}", process, region)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if (data / "server.json").exists():
            return server
        time.sleep(0.02)
    _stop(process)
    raise RuntimeError(f"Garrison did not start:\n{log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def garrison_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garrison]:
    """The server of this test run, as tests left it: most take `garrison` instead, which begins empty."""
    server = _start(tmp_path_factory.mktemp("garrison"), os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    yield server
    _stop(server.process)


@pytest.fixture
def garrison(garrison_server: Garrison) -> Garrison:
    """An empty Garrison: address, credentials, clients and assertions."""
    garrison_server.reset()
    return garrison_server


@pytest.fixture
def assert_allowed(garrison: Garrison) -> Callable[..., None]:
    """`assert_allowed(principal, action, resource, context)` of this test's Garrison."""
    return garrison.assert_allowed


@pytest.fixture
def assert_denied(garrison: Garrison) -> Callable[..., None]:
    """`assert_denied(principal, action, resource, context, because=CODE)` of this test's Garrison."""
    return garrison.assert_denied
