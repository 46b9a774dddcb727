"""A Garrison with a real moto_server behind it, and the few words its tests are written in."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.server import Credentials, Server, free_port

OWNER = "123456789012"
_SIGNED = {"s3": "s3v4"}
"""Signed URLs of older form are boto3's default."""


class House:
    """A Garrison with moto behind it."""

    def __init__(self, server: Server, moto: str) -> None:
        self.server = server
        self.moto = moto

    def client(self, service: str, who: Credentials | None = None, url: str | None = None) -> Any:
        who = who or self.server.root
        return boto3.client(
            service,
            endpoint_url=url or self.server.url,
            region_name="us-east-1",
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            aws_session_token=who.session_token,
            config=Config(
                s3={"addressing_style": "path"}, signature_version=_SIGNED.get(service), retries={"max_attempts": 0}
            ),
        )

    def behind(self, service: str) -> Any:
        """The same service, asked past the gateway."""
        return self.client(service, Credentials("test", "test"), self.moto)

    def user(self, name: str, *statements: dict[str, Any]) -> Credentials:
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_user_policy(UserName=name, PolicyName="its", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    found: str = caught.value.response["Error"]["Code"]
    return found


@contextmanager
def moto() -> Iterator[str]:
    """A moto_server on a free port; gives its URL."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(url + "/moto-api/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()
