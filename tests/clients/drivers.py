"""One way to call AWS through three real clients: boto3, the aws command, and the AWS SDK for JavaScript."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import boto3
import botocore.config
import botocore.exceptions
import pytest
from botocore import xform_name

from tests.clients.server import Credentials

REGION = "us-east-1"
JS = Path(__file__).parent / "js"


@dataclass
class Refused(Exception):
    """The service answered with an error."""

    code: str
    message: str
    request_id: str | None = None
    members: dict[str, Any] = field(default_factory=dict)
    """What else the model says of the error, where the client tells it."""


class Driver(Protocol):
    """A client. `call` takes blobs as bytes, and returns the output (blobs as base64 text) or raises `Refused`."""

    def call(self, credentials: Credentials, service: str, operation: str, **params: Any) -> dict[str, Any]: ...

    def close(self) -> None: ...


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k != "ResponseMetadata"}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def _marked(value: Any) -> Any:
    """Bytes and times as the JavaScript driver takes them."""
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    assert isinstance(value, bytes)
    return {"$bytes": base64.b64encode(value).decode()}


class Boto3:
    """boto3."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def call(self, credentials: Credentials, service: str, operation: str, **params: Any) -> dict[str, Any]:
        client: Any = boto3.session.Session().client(
            service,
            endpoint_url=self._endpoint,
            region_name=REGION,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )
        try:
            output = getattr(client, xform_name(operation))(**params)
        except botocore.exceptions.ClientError as e:
            response: dict[str, Any] = dict(e.response)
            error, metadata = response.pop("Error"), response.pop("ResponseMetadata")
            response.pop("message", None)
            raise Refused(error["Code"], error["Message"], metadata["RequestId"], response) from e
        plain: dict[str, Any] = _plain(output)
        return plain

    def close(self) -> None:
        pass


class AwsCommand:
    """The aws command of the PyPI package awscli."""

    def __init__(self, endpoint: str, directory: Path) -> None:
        self._endpoint = endpoint
        self._directory = directory

    def call(self, credentials: Credentials, service: str, operation: str, **params: Any) -> dict[str, Any]:
        command = xform_name(operation, "-").replace("_", "-")
        arguments = [str(Path(sys.executable).parent / "aws"), service, command, "--output", "json"]
        seed = self._directory / "seed"
        if operation == "CreateVirtualMFADevice":  # its blobs go to a file
            arguments += ["--virtual-mfa-device-name", params.pop("VirtualMFADeviceName")]
            arguments += ["--outfile", str(seed), "--bootstrap-method", "Base32StringSeed"]
        for name, value in list(params.items()):
            if isinstance(value, bytes):  # blobs come from files
                file = self._directory / name
                file.write_bytes(value)
                params.pop(name)
                arguments += [f"--{xform_name(name, '-')}", f"fileb://{file}"]
        arguments += ["--cli-input-json", json.dumps(params, default=datetime.isoformat)] if params else []
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        if credentials.session_token:
            env["AWS_SESSION_TOKEN"] = credentials.session_token
        done = subprocess.run(arguments, env=env, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            match = re.search(
                r"An error occurred \((\S+)\) when calling the \S+ operation: (.*)", done.stderr, re.DOTALL
            )
            assert match, done.stderr
            raise Refused(match[1], match[2].strip())
        output: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
        if operation == "CreateVirtualMFADevice":
            output["VirtualMFADevice"]["Base32StringSeed"] = base64.b64encode(seed.read_bytes()).decode()
        return output

    def close(self) -> None:
        pass


def _install(npm: str) -> None:
    """`npm ci`, once: it takes away what is there before it writes anew, so that nobody else may be using it."""
    lock = JS / "package-lock.json"
    done = JS / "node_modules" / ".installed"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        wanted = hashlib.sha256(held.read()).hexdigest()
        if done.exists() and done.read_text() == wanted:
            return
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=JS, check=True, timeout=300)
        done.write_text(wanted)


class JavaScript:
    """@aws-sdk/client-iam, -kms, -shield and -sts, in one node process."""

    def __init__(self, endpoint: str) -> None:
        node = shutil.which("node")
        npm = shutil.which("npm")
        if node is None or npm is None:
            if os.environ.get("CI"):
                pytest.fail("node and npm are needed to drive the AWS SDK for JavaScript")
            pytest.skip("node and npm are not on this machine")
        _install(npm)
        self._endpoint = endpoint
        self._process = subprocess.Popen(
            [node, str(JS / "driver.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, credentials: Credentials, service: str, operation: str, **params: Any) -> dict[str, Any]:
        keys = {"accessKeyId": credentials.access_key_id, "secretAccessKey": credentials.secret_access_key}
        if credentials.session_token:
            keys["sessionToken"] = credentials.session_token
        request = {
            "service": service,
            "operation": operation,
            "params": params,
            "endpoint": self._endpoint,
            "region": REGION,
            "credentials": keys,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request, default=_marked) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "code" in answer:
            raise Refused(answer["code"], answer["message"], answer["request_id"], answer["members"])
        output: dict[str, Any] = answer["output"]
        return output

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
