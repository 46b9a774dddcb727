"""Threat detection: import of CloudTrail files, detection over many events, and its growth.

    python -m bench.detect [--events 1000000] [--keep FOLDER]
    python -m bench.detect --delay

Events are made, not recorded: an ordinary estate (600 principals, 40 services' calls by weight, three accounts, two
regions, a month), 5,000 records a file, with an attacker's hour in it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

_PER_FILE = 5_000
_CALLS = (
    ("sts", "AssumeRole", True, 18),
    ("kms", "Decrypt", True, 14),
    ("s3", "GetBucketAcl", True, 6),
    ("ec2", "DescribeInstances", True, 12),
    ("ec2", "DescribeSecurityGroups", True, 5),
    ("logs", "DescribeLogGroups", True, 4),
    ("iam", "GetRole", True, 4),
    ("iam", "ListRoles", True, 2),
    ("lambda", "GetFunction20150331v2", True, 5),
    ("lambda", "UpdateFunctionCode20150331v2", False, 1),
    ("rds", "DescribeDBInstances", True, 4),
    ("ssm", "GetParameter", True, 6),
    ("secretsmanager", "GetSecretValue", True, 3),
    ("ecr", "BatchGetImage", True, 3),
    ("cloudwatch", "DescribeAlarms", True, 3),
    ("autoscaling", "DescribeAutoScalingGroups", True, 4),
    ("s3", "GetObject", True, 6),
)
_AGENTS = (
    "aws-cli/2.31.0 md/awscrt#0.31 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.13",
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#5.10 lang/python#3.11",
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.0",
    "aws-sdk-go-v2/1.39.0 os/linux lang/go#1.25",
)


def records(count: int, seed: int = 7, start: float = 1_790_000_000.0, days: float = 30.0) -> Any:
    """CloudTrail records in the order of their times."""
    chance = random.Random(seed)
    weights = [call[3] for call in _CALLS]
    accounts = ("111122223333", "222233334444", "333344445555")
    step = days * 86400 / max(count, 1)
    for n in range(count):
        source, name, read_only, _ = chance.choices(_CALLS, weights)[0]
        account = chance.choice(accounts)
        who = int(chance.paretovariate(1.1)) % 600
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + n * step))
        role = f"workload-{who}"
        session = {
            "type": "AssumedRole",
            "principalId": f"AROA{who:017d}:job",
            "arn": f"arn:aws:sts::{account}:assumed-role/{role}/job",
            "accountId": account,
            "accessKeyId": f"ASIA{who:016d}",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": f"AROA{who:017d}",
                    "arn": f"arn:aws:iam::{account}:role/{role}",
                    "accountId": account,
                    "userName": role,
                },
                "webIdFederationData": {},
                "attributes": {"creationDate": when, "mfaAuthenticated": "false"},
            },
        }
        yield {
            "eventVersion": "1.11",
            "userIdentity": session,
            "eventTime": when,
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": ("eu-central-1", "us-east-1")[n & 1],
            "sourceIPAddress": f"10.{who % 200}.{who % 37}.{who % 251}",
            "userAgent": _AGENTS[who % len(_AGENTS)],
            "requestParameters": {"bucketName": f"data-{who % 40}", "key": f"part-{n}"}
            if source == "s3"
            else {"name": f"item-{who}", "maxResults": 100, "filterSet": {"items": [{"name": "vpc-id"}]}},
            "responseElements": None,
            "requestID": f"{chance.getrandbits(128):032x}",
            "eventID": f"{chance.getrandbits(128):032x}",
            "readOnly": read_only,
            "eventType": "AwsApiCall",
            "managementEvent": name != "GetObject",
            "recipientAccountId": account,
            "eventCategory": "Data" if name == "GetObject" else "Management",
            "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
        }


def make(folder: Path, count: int) -> None:
    """Write `count` records as CloudTrail delivers them."""
    batch: list[Any] = []
    number = 0

    def write() -> None:
        when = batch[0]["eventTime"].replace("-", "").replace(":", "")[:13] + "Z"
        name = f"AWSLogs/111122223333/CloudTrail/eu-central-1/111122223333_CloudTrail_eu-central-1_{when}_{number}"
        path = folder / f"{name}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(json.dumps({"Records": batch}).encode(), 6))

    for record in records(count):
        batch.append(record)
        if len(batch) == _PER_FILE:
            write()
            number += 1
            batch.clear()
    if batch:
        write()


def timed(*command: str) -> tuple[float, float, float, str]:
    """Seconds, processor seconds, the largest memory in GB, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "garrison.cli.main", *command], capture_output=True, text=True)
    took = time.monotonic() - began
    if done.returncode:
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, busy, after.ru_maxrss / 1e6, done.stdout


def delays(probes: int = 5) -> list[float]:
    """Seconds from a call to its finding, on a server of its own that watches already."""
    from tests.clients.server import Server

    with tempfile.TemporaryDirectory() as data, Server(Path(data)) as server:
        _, root = server.new_account("measured")

        def client(service: str, agent: str | None = None) -> Any:
            return boto3.client(
                service,
                endpoint_url=server.url,
                region_name="eu-central-1",
                aws_access_key_id=root.access_key_id,
                aws_secret_access_key=root.secret_access_key,
                config=Config(user_agent=agent),
            )

        guardduty = client("guardduty")
        detector = guardduty.create_detector(Enable=True)["DetectorId"]
        criteria = {"Criterion": {"type": {"Equals": ["PenTest:IAMUser/KaliLinux"]}}}
        iam = client("iam", "Boto3 kali")
        found = []
        for n in range(probes + 1):
            began = time.monotonic()
            iam.list_users()
            while time.monotonic() - began < 120:
                ids = guardduty.list_findings(DetectorId=detector, FindingCriteria=criteria)["FindingIds"]
                told = guardduty.get_findings(DetectorId=detector, FindingIds=ids)["Findings"] if ids else []
                if any(one["Service"]["Count"] > n for one in told):
                    break
                time.sleep(0.1)
            found.append(time.monotonic() - began)
    return found


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="Where the made files are, or are to be.")
    parser.add_argument("--delay", action="store_true", help="Measure from a call to its finding, and nothing else.")
    options = parser.parse_args()
    if options.delay:
        first, *others = delays()
        print(f"delay        {first:10.1f} s with the start of the sensor, then {max(others):.1f} s at most")
        return
    with tempfile.TemporaryDirectory() as made:
        folder = (options.keep or Path(made)) / str(options.events)
        if not folder.exists():
            make(folder, options.events)
        with tempfile.TemporaryDirectory() as lake:
            took, busy, memory, said = timed("detect", "import", str(folder), "--lake", f"{lake}/lake")
        print(said.strip())
        rate, per_core = options.events / took, options.events / busy
        print(f"import       {rate:10,.0f} events/s, {per_core:,.0f} per second of processor; {memory:.2f} GB")
        took, busy, memory, said = timed("detect", "run", str(folder), "-o", "jsonl")
        print(f"detection    {took:10.1f} s for {options.events:,} events ({busy:.1f} s of processor), {memory:.2f} GB")
        print(f"             {len(said.splitlines())} findings")


if __name__ == "__main__":
    main()
