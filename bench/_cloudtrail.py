"""CloudTrail of an estate that is not there: ordinary calls of a month, and an attacker's hour."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import time
from pathlib import Path
from typing import Any

PER_FILE = 5_000
_START, _DAYS = 1_790_000_000.0, 30.0
_PATTERNS = 20_000
ATTACK = 407
"""Records of the attacker."""
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


def records(count: int, seed: int = 7, start: float = _START, days: float = _DAYS) -> Any:
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


def attack(when: float) -> Any:
    """An attacker's hour, with a key of a workload: looking around, hiding, staying, taking."""
    calls = (
        *(("iam", name, {}) for name in ("ListUsers", "ListAccessKeys", "GetAccountAuthorizationDetails")),
        ("cloudtrail", "StopLogging", {"name": "organization"}),
        ("cloudtrail", "DeleteTrail", {"name": "organization"}),
        ("iam", "CreateAccessKey", {"userName": "backup"}),
        ("s3", "DeleteBucketPublicAccessBlock", {"bucketName": "data-3"}),
        *(("s3", "GetObject", {"bucketName": "data-3", "key": f"part-{n}"}) for n in range(400)),
    )
    [like] = records(1, seed=3)
    for n, (source, name, parameters) in enumerate(calls):
        yield like | {
            "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when + n * 5)),
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": "203.0.113.66",
            "userAgent": "aws-cli/2.31.0 md/Botocore#1.44.5 os/linux#6.6.9-amd64 kali-rolling",
            "requestParameters": parameters,
            "readOnly": False,
            "eventID": f"{n:032x}",
        }


def make(folder: Path, count: int) -> None:
    """Write `count` records as CloudTrail delivers them, and the attacker's beside them.

    Some thousands are made, and repeated under ids and times of their own: making each takes longer than reading it.
    """
    patterns = [_pattern(record) for record in records(min(_PATTERNS, count))]
    for number, first in enumerate(range(0, count, PER_FILE)):
        made = []
        for n in range(first, min(first + PER_FILE, count)):
            before, between, after = patterns[n % len(patterns)]
            id = hashlib.blake2b(n.to_bytes(8), digest_size=16).hexdigest()
            made.append(f"{before}{_iso(n * _DAYS * 86400 / count)}{between}{id}{after}")
        _write(folder, number, _iso(first * _DAYS * 86400 / count), made)
    late = _DAYS * 0.75 * 86400
    _write(folder, -1, _iso(late), [json.dumps(record) for record in attack(_START + late)])


def _pattern(record: dict[str, Any]) -> tuple[str, str, str]:
    """A record's JSON without its time and its id."""
    text = json.dumps(record)
    head, before = text.split(f'"eventTime": "{record["eventTime"]}"', 1)
    between, after = before.split(record["eventID"], 1)
    return f'{head}"eventTime": "', f'"{between}', after


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_START + seconds))


def _write(folder: Path, number: int, when: str, made: list[str]) -> None:
    named = when.replace("-", "").replace(":", "")[:13] + "Z"
    name = f"AWSLogs/111122223333/CloudTrail/eu-central-1/111122223333_CloudTrail_eu-central-1_{named}_{number}"
    path = folder / f"{name}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(f'{{"Records": [{", ".join(made)}]}}'.encode(), 4))
