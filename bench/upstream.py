"""What the gateway adds to a call at the median: through Garrison to moto_server, beside the same calls to moto itself.

Client, Garrison and moto share one core. The client has one call under way and goes the two ways in turns, so that
whatever else the machine does falls on both alike. Beside it stands the time that Garrison itself computed, which other
work on the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench.http_calls import free_port, wait_for

AIM = 0.6
"""Milliseconds a call may take longer at the median."""
WARMING = 20
_USER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::bench/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bench"},
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
            "Resource": "arn:aws:dynamodb:*:*:table/bench",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}},
        },
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:bench"},
    ],
}


class Way:
    """One connection to one of the two servers, and who calls."""

    def __init__(self, port: int, key: str, secret: str) -> None:
        from botocore.credentials import Credentials

        self._port = port
        self._credentials = Credentials(key, secret)
        self._socket: socket.socket | None = None

    def signed(self, service: str, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        """The bytes of one signed request."""
        from botocore.auth import S3SigV4Auth, SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, f"http://127.0.0.1:{self._port}{path}", data=body, headers=headers)
        (S3SigV4Auth if service == "s3" else SigV4Auth)(self._credentials, service, "us-east-1").add_auth(request)
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items() if name.lower() != "content-length"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def call(self, raw: bytes) -> tuple[float, bytes]:
        """Seconds until the last byte of the answer is in, and what came."""
        for attempt in (0, 1):
            began = time.perf_counter()
            if self._socket is None:
                # moto closes the connection after each answer, which its clients wait for, too.
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self._socket.sendall(raw)
                got = self._answer()
            except (ConnectionError, EOFError):
                # Closed while it was idle.
                self._socket.close()
                self._socket = None
                if attempt:
                    raise
                continue
            return time.perf_counter() - began, got
        raise AssertionError("unreachable")

    def _answer(self) -> bytes:
        assert self._socket is not None
        got = b""
        while (head := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        lower = got[:head].lower()
        at = lower.index(b"content-length: ") + 16
        whole = head + 4 + int(lower[at : at + 20].split(b"\r")[0])
        while len(got) < whole:
            got += self._more()
        if b"connection: close" in lower:
            self._socket.close()
            self._socket = None
        if got[8:12] != b" 200":
            raise SystemExit(got.decode(errors="replace"))
        return got[head + 4 :]

    def _more(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(262144)
        if not data:
            raise EOFError
        return data


def kinds(way: Way, queue: str, user: str) -> dict[str, bytes]:
    """One request of each kind of call."""
    target = {"Content-Type": "application/x-amz-json-1.0"}
    item = {"TableName": "bench", "Item": {"id": {"S": user}, "text": {"S": "x" * 100}}}
    key = {"TableName": "bench", "Key": {"id": {"S": user}}}
    message = {"QueueUrl": queue, "MessageBody": "x" * 100}
    dynamodb = "DynamoDB_20120810."
    return {
        "S3 GetObject 1 KiB": way.signed("s3", "GET", "/bench/small", {}, b""),
        "S3 PutObject 1 KiB": way.signed("s3", "PUT", "/bench/small", {}, b"x" * 1024),
        "S3 ListObjectsV2": way.signed("s3", "GET", "/bench?list-type=2", {}, b""),
        "S3 GetObject 1 MiB": way.signed("s3", "GET", "/bench/large", {}, b""),
        "DynamoDB GetItem": way.signed(
            "dynamodb", "POST", "/", target | {"X-Amz-Target": dynamodb + "GetItem"}, json.dumps(key).encode()
        ),
        "DynamoDB PutItem": way.signed(
            "dynamodb", "POST", "/", target | {"X-Amz-Target": dynamodb + "PutItem"}, json.dumps(item).encode()
        ),
        "SQS SendMessage": way.signed(
            "sqs", "POST", "/", target | {"X-Amz-Target": "AmazonSQS.SendMessage"}, json.dumps(message).encode()
        ),
    }


def _prepare(url: str, key: str, secret: str) -> str:
    """Bucket, table and queue; gives the queue's URL."""
    import boto3

    def client(service: str) -> Any:
        return boto3.client(
            service, endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret
        )

    s3 = client("s3")
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="small", Body=b"x" * 1024)
    s3.put_object(Bucket="bench", Key="large", Body=b"x" * 1024 * 1024)
    client("dynamodb").create_table(
        TableName="bench",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    made = client("sqs").create_queue(QueueName="bench")
    return str(made["QueueUrl"])


def _user(url: str, key: str, secret: str) -> tuple[str, str]:
    """A user with the policy above, so that its conditions are part of what is measured."""
    import boto3

    iam = boto3.client(
        "iam", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret
    )
    iam.create_user(UserName="bench")
    iam.put_user_policy(UserName="bench", PolicyName="bench", PolicyDocument=json.dumps(_USER_POLICY))
    made = iam.create_access_key(UserName="bench")["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def measure(through: Way, directly: Way, ours: bytes, theirs: bytes, count: int) -> tuple[float, float]:
    """Medians in milliseconds, through Garrison and directly, of calls made in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for n in range(count + WARMING):
        for way, raw, kept in ((through, ours, times[0]), (directly, theirs, times[1])):
            seconds, _ = way.call(raw)
            if n >= WARMING:
                kept.append(seconds)
    return median(times[0]) * 1e3, median(times[1]) * 1e3


def _computed(pid: int) -> float:
    """Seconds of CPU a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300, help="Of each kind, each way.")
    asked = parser.parse_args(arguments or [])
    moto = shutil.which("moto_server", path=str(Path(sys.executable).parent))
    if moto is None:
        print("moto_server is not installed (pip install 'moto[server]'): there is nothing to measure beside.")
        return
    core = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    before = os.sched_getaffinity(0) if core is not None else set()
    if core is not None:
        os.sched_setaffinity(0, {core})  # children have it from here
    try:
        _compare(moto, asked.calls)
    finally:
        if core is not None:
            os.sched_setaffinity(0, before)


def _compare(moto: str, count: int) -> None:
    behind, port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="garrison-bench-") as name:
        quiet = subprocess.DEVNULL
        upstream = subprocess.Popen([moto, "-p", str(behind)], stdout=quiet, stderr=quiet)
        up = [sys.executable, "-m", "garrison.cli.main", "up", "--port", str(port), "--signin-port", "0"]
        env = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "GARRISON_"))}
        garrison = subprocess.Popen(
            [*up, "--data", name, "--upstream", f"http://127.0.0.1:{behind}"], env=env, stdout=quiet, stderr=quiet
        )
        try:
            wait_for(behind, upstream)
            wait_for(port, garrison)
            found = configparser.ConfigParser()
            found.read(Path(name) / "credentials")
            root = found["default"]["aws_access_key_id"], found["default"]["aws_secret_access_key"]
            queue = _prepare(f"http://127.0.0.1:{behind}", "test", "test")
            through = Way(port, *_user(f"http://127.0.0.1:{port}", *root))
            directly = Way(behind, "test", "test")
            print(f"{'':20}{'moto ms':>9}{'garrison ms':>13}{'added ms':>10}{'aim':>6}{'ratio':>8}{'own CPU ms':>12}")
            theirs = kinds(directly, queue, "bench")
            for kind, raw in kinds(through, queue, "bench").items():
                began = _computed(garrison.pid)
                with_us, without = measure(through, directly, raw, theirs[kind], count)
                own = (_computed(garrison.pid) - began) / (count + WARMING) * 1e3
                added = with_us - without
                print(
                    f"{kind:20}{without:9.2f}{with_us:13.2f}{added:10.2f}{AIM:6.1f}{with_us / without:7.2f}x{own:12.2f}"
                )
        finally:
            for process in (garrison, upstream):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
