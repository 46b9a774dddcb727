"""Replaying a log against a policy change: events per second skipped and evaluated, beside a naive way and cedarpy.

    python -m bench.replay

100,000 CloudTrail records (users and role sessions of an organization's account, six services, 200 principals). One
change touches an action that no record has (all are skipped), the other one every record. The naive way does what a
script over the same engine would: decode each record whole, gather the principal's policies, and compile and decide
anew for each record. cedarpy decides the same questions on a similar policy set, parsed beforehand, without reading any
log. All numbers are of one process.
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

import cedarpy

from garrison.policy.evaluate import evaluate
from garrison.policy.request import Request
from garrison.replay.changes import Change, apply
from garrison.replay.decide import stack_towards
from garrison.replay.events import decode_events
from garrison.replay.exports import world_of
from garrison.replay.flips import Replay
from garrison.replay.world import World

ACCOUNT, UNIT = "111122223333", "ou-ab12-workloads"
EVENTS, FILES, PEOPLE = 100_000, 100, 200
NAIVE = 2_000
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("s3", "GetObject", {"bucketName": "data", "key": "2026/11/%d"}),
    ("s3", "ListBuckets", {}),
    ("dynamodb", "GetItem", {"tableName": "orders-%d"}),
    ("sqs", "SendMessage", {"queueUrl": "https://sqs.eu-central-1.amazonaws.com/111122223333/jobs-%d"}),
    ("kms", "Decrypt", {"keyId": "arn:aws:kms:eu-central-1:111122223333:key/%d"}),
    ("ec2", "DescribeInstances", {}),
    ("iam", "GetRole", {"roleName": "role-%d"}),
]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def account() -> World:
    """200 roles, each with a policy of its own beside the common one, below two levels of SCPs."""
    services = ["s3", "dynamodb", "sqs", "kms", "ec2", "iam"]
    own = [
        {"Effect": "Allow", "Action": [f"{s}:Get*", f"{s}:List*", f"{s}:Describe*"], "Resource": "*"} for s in services
    ]
    more = {"Effect": "Allow", "Action": ["sqs:SendMessage", "kms:Decrypt"], "Resource": "*"}
    roles = [
        {
            "RoleName": f"role-{n}",
            "RoleId": f"AROA{n:017d}",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/role-{n}",
            "AssumeRolePolicyDocument": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}),
            "RolePolicyList": [
                {"PolicyName": "own", "PolicyDocument": policy(*own, more, {**more, "Sid": f"n{n}"})},
            ],
            "AttachedManagedPolicies": [],
        }
        for n in range(PEOPLE)
    ]
    lock = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}}  # fmt: skip
    scps = {
        "p-FullAWSAccess": (policy({"Effect": "Allow", "Action": "*", "Resource": "*"}), ["r-ab12", UNIT, ACCOUNT]),
        "p-lock0000": (policy(lock), [UNIT]),
    }
    tree = {
        "Organization": {"Id": "o-bench12345", "MasterAccountId": "999900001111"},
        "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "OrganizationalUnits": [{"Id": UNIT, "ParentId": "r-ab12"}],
        "Accounts": [{"Id": ACCOUNT, "ParentId": UNIT}],
        "Policies": [
            {
                "PolicySummary": {"Id": id, "Arn": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY"},
                "Content": json.dumps(text),
                "Targets": [{"TargetId": target} for target in targets],
            }
            for id, (text, targets) in scps.items()
        ],
    }
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}
    return world_of([("details", details), ("organization", tree)])


def files() -> list[bytes]:
    """The log, as the content of its files."""
    rng = random.Random(7)
    made = []
    for _ in range(FILES):
        records = [record(rng) for _ in range(EVENTS // FILES)]
        made.append(json.dumps({"Records": records}).encode())
    return made


def record(rng: random.Random) -> dict[str, Any]:
    service, name, parameters = rng.choice(CALLS)
    n = rng.randrange(PEOPLE)
    role = f"arn:aws:iam::{ACCOUNT}:role/role-{n}"
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROA{n:017d}:job",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/role-{n}/job",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role", "principalId": f"AROA{n:017d}", "arn": role, "accountId": ACCOUNT,
                    "userName": f"role-{n}",
                },
                "attributes": {"creationDate": "2026-11-23T08:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": f"2026-11-23T09:{rng.randrange(60):02d}:{rng.randrange(60):02d}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": rng.choice(["eu-central-1", "eu-west-1"]),
        "sourceIPAddress": f"198.51.100.{rng.randrange(250)}",
        "userAgent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11.9",
        "requestParameters": {k: v % rng.randrange(50) if "%d" in v else v for k, v in parameters.items()},
        "responseElements": None,
        "requestID": f"{rng.getrandbits(128):032x}",
        "eventID": f"{rng.getrandbits(128):032x}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.eu-central-1.amazonaws.com",
        },
    }  # fmt: skip


def replayed(world: World, after: World, log: list[bytes]) -> tuple[float, Replay]:
    """Events per second of a whole replay, and what it found."""
    run = Replay(world, after)
    begin = time.process_time()
    for content in log:
        run.events(decode_events(content, "bench"))
    return EVENTS / (time.process_time() - begin), run


def naive(world: World, after: World, log: list[bytes]) -> float:
    """Events per second of the obvious loop, on a part of the log. Parameters are not even looked at."""
    done = 0
    begin = time.process_time()
    for content in log:
        for one in json.loads(content)["Records"]:
            if done == NAIVE:
                return done / (time.process_time() - begin)
            issuer = one["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
            for side in (world, after):
                anew = World(side.entities, side.managed, side.organizations)
                principal = anew.find(issuer)
                assert principal is not None
                context = {"aws:requestedregion": one["awsRegion"], "aws:principalarn": issuer}
                action = f"{one['eventSource'].partition('.')[0]}:{one['eventName']}"
                question = Request(principal, action, "*", ACCOUNT, context)
                evaluate(question, stack_towards(anew, anew.own(principal).stack, question))
            done += 1
    return done / (time.process_time() - begin)


def cedar() -> float:
    """Questions a second, twice a question as replay asks it of two worlds, of policies parsed beforehand."""
    rules = [f'permit (principal, action, resource) when {{ context.action like "{s}:*" }};' for s in
             ("s3", "dynamodb", "sqs", "kms", "ec2", "iam")]  # fmt: skip
    rules.append('forbid (principal, action, resource) when { !(context.region == "eu-central-1") };')
    policies, entities = cedarpy.PolicySet.from_str("\n".join(rules)), cedarpy.Entities.from_json_str("[]")
    question = {
        "principal": 'User::"a"', "action": 'Action::"call"', "resource": 'Resource::"any"',
        "context": {"action": "s3:GetObject", "region": "eu-central-1"},
    }  # fmt: skip
    begin = time.process_time()
    for _ in range(NAIVE):
        cedarpy.is_authorized(question, policies, entities)
        cedarpy.is_authorized(question, policies, entities)
    return NAIVE / (time.process_time() - begin)


def main() -> None:
    """Print the table."""
    world, log = account(), files()
    untouched = Change("scp", "new", UNIT, json.dumps(policy({"Effect": "Deny", "Action": "rds:*", "Resource": "*"})))
    denied = {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:kms:*:*:key/1*",
              "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}  # fmt: skip
    touched = Change("scp", "new", UNIT, json.dumps(policy(denied)))
    after = apply(world, [touched])
    skipped, nothing = replayed(world, apply(world, [untouched]), log)
    evaluated, run = replayed(world, after, log)
    assert nothing.report().skipped == EVENTS
    report = run.report()
    assert report.evaluated == EVENTS, report.unknown
    slow, peer = naive(world, after, log), cedar()
    size = sum(map(len, log)) / EVENTS
    print(f"\n{EVENTS:,} records of {size:,.0f} bytes; {sum(f.count for f in report.flips):,} flips found")
    print(f"  {'':34}{'events/s':>12}{'x naive':>10}{'x cedarpy, asking twice':>26}")
    for name, value in (
        ("skipped (the change cannot matter)", skipped), ("evaluated", evaluated), ("naive", slow), ("cedarpy", peer),
    ):  # fmt: skip
        print(f"  {name:34}{value:>12,.0f}{value / slow:>10,.1f}{value / peer:>26,.1f}")


if __name__ == "__main__":
    main()
