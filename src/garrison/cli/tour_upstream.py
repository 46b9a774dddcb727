"""The tour's stop about upstreams: a user allowed to list one bucket lists that and no other, on somebody else's S3."""

from __future__ import annotations

import configparser
import dataclasses
import json
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from garrison.cli.tour_guide import Guide

ONE_BUCKET = """{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "ReportsAndNoOther",
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "arn:aws:s3:::reports"
  }
}
"""


def upstream(guide: Guide) -> None:
    """Stop 8, with a moto_server and a second Garrison in front of it, both of which go again."""
    guide.chapter(
        "8  In front of what has no IAM",
        "moto serves S3 and asks nobody for permission. A Garrison in front of it does: it decides each call, and what "
        "may pass it sends on. Both run for this stop only.",
    )
    if shutil.which("moto_server", path=guide.env["PATH"]) is None:
        guide.console.print(
            "moto_server is not installed here, so this stop is left out. pip install 'moto\\[server]' brings it;"
            " any other emulator does as well: garrison up --upstream URL",
            soft_wrap=True,
        )
        return
    behind, port = _free_port(), _free_port()
    data = guide.directory / "gateway"
    env = {name: value for name, value in guide.env.items() if not name.startswith("GARRISON_")}
    env |= {"GARRISON_DATA": str(data), "GARRISON_PORT": str(port), "GARRISON_SIGNIN_PORT": "0"}
    env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    env.pop("AWS_CA_BUNDLE", None)
    there = dataclasses.replace(guide, env=env)
    with _in_background(there, f"moto_server -p {behind}", behind):
        there.run(f"garrison up --detach --upstream http://127.0.0.1:{behind}", quiet=True)
        try:
            _founding_example(there, data)
        finally:
            there.run("garrison down", quiet=True)


def _founding_example(guide: Guide, data: Path) -> None:
    found = configparser.ConfigParser()
    found.read(data / "credentials")
    root = found["default"]
    guide.profile(
        "gateway", {"AccessKeyId": root["aws_access_key_id"], "SecretAccessKey": root["aws_secret_access_key"]}
    )
    for bucket in ("reports", "payroll"):
        guide.run(f"aws s3api create-bucket --bucket {bucket} --profile gateway", quiet=True)
    guide.run("aws s3api put-object --bucket reports --key may.csv --profile gateway", quiet=True)
    guide.run("aws iam create-user --user-name lena --profile gateway", quiet=True)
    guide.file("one-bucket.json", ONE_BUCKET)
    guide.run(
        "aws iam put-user-policy --user-name lena --policy-name reports --policy-document file://one-bucket.json"
        " --profile gateway"
    )
    key = guide.run("aws iam create-access-key --user-name lena --profile gateway", quiet=True)
    guide.profile("lena", json.loads(key)["AccessKey"])
    guide.run("aws s3api list-objects-v2 --bucket reports --query Contents[].Key --profile lena")
    guide.run("aws s3api list-objects-v2 --bucket payroll --query Contents[].Key --profile lena", fails=True)
    guide.run("garrison explain --denied --last 1")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _in_background(guide: Guide, command: str, port: int) -> Iterator[None]:
    """A server as long as the block lasts, which begins when it listens."""
    guide.console.print(f"\n[bold green]$[/bold green] [bold]{command} &[/bold]", soft_wrap=True)
    process = subprocess.Popen(
        shlex.split(command), env=guide.env, cwd=guide.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise click.ClickException(f"{command} ended with {process.returncode}.")
            time.sleep(0.1)
        else:
            raise click.ClickException(f"{command} did not listen within a minute.")
        yield
    finally:
        process.terminate()
        process.wait()
