"""KMS calls per second through HTTP, beside moto_server: the same requests, the same client, the same run.

Ours verifies every signature, evaluates the caller's policy and the key policy, encrypts under sealed keys and records
each call; the caller is an IAM user with an identity policy. moto does none of the four. Then the same with two
workers, and with many keys beside a hundred: ListKeys, DescribeKey, Encrypt, and resident memory.
"""

from __future__ import annotations

import argparse
import base64
import configparser
import json
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, cast

from bench.http_calls import _load, _resident, free_port, wait_for

ACCOUNT, REGION = "123456789012", "us-east-1"
AIMS = {"Encrypt": 4000}
_CONTEXT = {"tenant": "1", "purpose": "bench"}
_GARRISON = """
import sys
from pathlib import Path
from garrison.gateway.server import serve
from garrison.gateway.settings import Settings
sys.exit(serve(Settings(data_dir=Path(sys.argv[1]), port=int(sys.argv[2]), workers=int(sys.argv[3]))))
"""


def signed(port: int, operation: str, params: dict[str, Any], key: str, secret: str) -> bytes:
    """The bytes of one signed request."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    body = json.dumps(params).encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{operation}"}
    request = AWSRequest("POST", f"http://127.0.0.1:{port}/", data=body, headers=headers)
    SigV4Auth(Credentials(key, secret), "kms", REGION).add_auth(request)
    lines = ["POST / HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}", "Accept-Encoding: identity"]
    lines += ["User-Agent: Boto3/1.44 md/Botocore#1.44 ua/2.1 os/linux lang/python", "amz-sdk-request: attempt=1"]
    lines += [f"amz-sdk-invocation-id: {uuid.uuid4()}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def client(port: int, work_file: str) -> None:
    """The load generator's process: sends what is in a file; prints rate and latencies as JSON."""
    import uvloop

    work = pickle.loads(Path(work_file).read_bytes())
    seconds, times = uvloop.run(_load(port, work))
    times.sort()
    print(json.dumps({"rate": len(times) / seconds, "p50": median(times), "p99": times[int(len(times) * 0.99)]}))


def measure(port: int, work: list[bytes]) -> dict[str, float]:
    """Send signed requests from a process of its own: rate, p50 and p99 seconds."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(pickle.dumps(work))
        file.flush()
        command = [sys.executable, "-m", "bench.kms", "--client", str(port), file.name]
        found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


@contextmanager
def garrison(directory: Path, workers: int = 1) -> Iterator[tuple[int, int, str, str]]:
    """A server: port, process id, and the first account's root keys."""
    port = free_port()
    command = [sys.executable, "-c", _GARRISON, str(directory), str(port), str(workers)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        for _ in range(500):
            if (directory / "server.json").exists():
                break
            time.sleep(0.02)
        parser = configparser.ConfigParser()
        parser.read(directory / "credentials")
        yield port, process.pid, parser["default"]["aws_access_key_id"], parser["default"]["aws_secret_access_key"]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def moto() -> Iterator[int]:
    """moto_server: its port."""
    command = shutil.which("moto_server", path=str(Path(sys.executable).parent))
    assert command is not None
    port = free_port()
    process = subprocess.Popen([command, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _boto(service: str, port: int, key: str, secret: str) -> Any:
    import boto3

    where = {"region_name": REGION, "endpoint_url": f"http://127.0.0.1:{port}"}
    return boto3.client(service, aws_access_key_id=key, aws_secret_access_key=secret, **where)


def new_user(port: int, key: str, secret: str) -> tuple[str, str]:
    """An IAM user who may use keys: access key id and secret."""
    iam = _boto("iam", port, key, secret)
    actions = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:Sign", "kms:DescribeKey", "kms:ListKeys"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    iam.create_user(UserName="bench")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="bench", PolicyName="use-keys", PolicyDocument=document)
    made = iam.create_access_key(UserName="bench")["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def uses(port: int, key: str, secret: str, *, lattice: bool = True) -> dict[str, tuple[str, dict[str, Any]]]:
    """Operation and parameters of each kind that is measured, on fresh keys."""
    kms = _boto("kms", port, key, secret)
    symmetric = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=symmetric, Plaintext=b"p" * 32, EncryptionContext=_CONTEXT)["CiphertextBlob"]
    text, digest = base64.b64encode(b"p" * 32).decode(), base64.b64encode(b"d" * 32).decode()
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "Encrypt": ("Encrypt", {"KeyId": symmetric, "Plaintext": text, "EncryptionContext": _CONTEXT}),
        "Decrypt": (
            "Decrypt",
            {"CiphertextBlob": base64.b64encode(blob).decode(), "EncryptionContext": _CONTEXT},
        ),
        "GenerateDataKey": (
            "GenerateDataKey",
            {"KeyId": symmetric, "KeySpec": "AES_256", "EncryptionContext": _CONTEXT},
        ),
    }
    signing = {
        "Sign P-256": ("ECC_NIST_P256", "ECDSA_SHA_256", "DIGEST"),
        "Sign RSA-2048": ("RSA_2048", "RSASSA_PSS_SHA_256", "DIGEST"),
        "Sign ML-DSA-65": ("ML_DSA_65", "ML_DSA_SHAKE_256", "RAW"),
    }
    for name, (spec, algorithm, message_type) in signing.items():
        if spec == "ML_DSA_65" and not lattice:
            continue
        id = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        how = {"SigningAlgorithm": algorithm, "MessageType": message_type}
        asked[name] = ("Sign", {"KeyId": id, "Message": digest, **how})
    return asked


def rates(
    port: int, requests: dict[str, tuple[str, dict[str, Any]]], key: str, secret: str, count: int
) -> dict[str, dict[str, float]]:
    """Each kind of request, after a warm-up."""
    found = {}
    for name, (operation, params) in requests.items():
        raw = signed(port, operation, params, key, secret)
        n = count if "RSA" not in name and "ML" not in name else max(100, count // 4)
        measure(port, [raw] * max(50, n // 10))
        found[name] = measure(port, [raw] * n)
    return found


def populate(directory: Path, keys: int) -> None:
    """A database with this many symmetric keys."""
    from garrison import services
    from garrison.gateway.first_start import open_runtime
    from garrison.gateway.settings import Settings

    services.load()
    from garrison.access.call import Call
    from garrison.services.kms import key_policy
    from garrison.services.kms.keys import insert, new_key_id
    from garrison.services.kms.resources import Key
    from garrison.store import Transaction

    runtime = open_runtime(Settings(data_dir=directory))
    call = cast("Call", SimpleNamespace(account=ACCOUNT, region=REGION, now=time.time(), runtime=runtime))
    body = Key(spec="SYMMETRIC_DEFAULT", usage="ENCRYPT_DECRYPT", policy=key_policy.default("aws", ACCOUNT))
    for start in range(0, keys, 1000):
        some = range(start, min(start + 1000, keys))

        def write(tx: Transaction, some: range = some) -> None:
            for _ in some:
                insert(call, tx, new_key_id(multi_region=False), body)

        runtime.store.writing(write)
    runtime.store.close()


def many(keys: int, count: int) -> tuple[dict[str, float], float]:
    """p50 milliseconds of each kind of call with this many keys, each call about another key; and resident MB."""
    with tempfile.TemporaryDirectory(prefix="garrison-bench-") as name:
        directory = Path(name)
        populate(directory, keys)
        with garrison(directory) as (port, pid, root, root_secret):
            key, secret = new_user(port, root, root_secret)
            kms = _boto("kms", port, key, secret)
            pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"MaxItems": 2000, "PageSize": 1000})
            ids = [k["KeyId"] for page in pages for k in page["Keys"]]
            text = base64.b64encode(b"p" * 32).decode()
            kinds = {
                "ListKeys": [signed(port, "ListKeys", {"Limit": 100}, key, secret)],
                "DescribeKey": [signed(port, "DescribeKey", {"KeyId": id}, key, secret) for id in ids],
                "Encrypt": [signed(port, "Encrypt", {"KeyId": id, "Plaintext": text}, key, secret) for id in ids],
            }
            found = {}
            for kind, requests in kinds.items():
                work = (requests * (count // len(requests) + 1))[:count]
                measure(port, work)
                found[kind] = measure(port, work)["p50"] * 1e3
            return found, _resident(pid) / 1e6


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=8_000, help="Calls of each kind; a quarter of RSA and ML-DSA.")
    parser.add_argument("--moto", type=int, default=800, help="Calls of each kind to moto_server; 0 leaves it out.")
    parser.add_argument("--keys", type=int, default=100_000, help="How many keys are many; 0 leaves that out.")
    asked = parser.parse_args(arguments or [])
    theirs: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="garrison-bench-") as name:
        directory = Path(name)
        with garrison(directory) as (port, pid, root, root_secret):
            key, secret = new_user(port, root, root_secret)
            requests = uses(port, root, root_secret)
            ours = rates(port, requests, key, secret, asked.count)
            print(f"one process, {_resident(pid) / 1e6:.0f} MB resident")
        with garrison(directory, workers=2) as (port, *_):
            both = rates(port, requests, key, secret, asked.count)
    if asked.moto:
        with moto() as port:
            theirs = rates(port, uses(port, "AKIAIOSFODNN7EXAMPLE", "s", lattice=False), "AKIA", "s", asked.moto)
    print(f"{'':18}{'garrison/s':>12}{'aim':>8}{'p50 ms':>8}{'p99 ms':>8}{'moto/s':>10}{'ratio':>8}{'2 workers':>12}")
    for kind, found in ours.items():
        peer = theirs.get(kind)
        beside = f"{peer['rate']:10,.0f}{found['rate'] / peer['rate']:7.1f}x" if peer else f"{'-':>10}{'-':>8}"
        aim = f"{AIMS[kind]:8,}" if kind in AIMS else f"{'':8}"
        times = f"{found['p50'] * 1e3:8.2f}{found['p99'] * 1e3:8.2f}"
        print(f"{kind:18}{found['rate']:12,.0f}{aim}{times}{beside}{both[kind]['rate'] / found['rate']:11.2f}x")
    if asked.keys:
        few, few_memory = many(100, 4000)
        lots, memory = many(asked.keys, 4000)
        print(f"p50 ms with 100 keys and with {asked.keys:,} (aim: 1.5x, 300 MB):")
        for kind in few:
            print(f"  {kind:16}{few[kind]:8.2f}{lots[kind]:8.2f}{lots[kind] / few[kind]:7.2f}x")
        print(f"  {'resident MB':16}{few_memory:8.0f}{memory:8.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        client(int(sys.argv[2]), sys.argv[3])
    else:
        main(sys.argv[1:])
