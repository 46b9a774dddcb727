"""Assessing ten accounts with 5,000 principals, beside asking check by check and pair by pair.

    python -m bench.assess

Every check that reads is asked of what was collected of ten accounts (300 users and 200 roles each, every one with
policies of its own, under an organization's policies). Two naive peers in the same run: the same checks one by one,
each with facts read anew, as scripts do that each ask for themselves; and ways to administration searched by asking the
engine about every pair of principals and every dangerous action. Then all evidence is verified, offline. These numbers
are processor time of one process.

The named peer is Prowler (from its lock, requirements/peers, in an environment of its own): both assess one account of
a Garrison over the AWS API, the same services, from start to end. Prowler also asks other services on the way (S3, EC2,
...) and asks again what a Garrison answers with "not implemented": part of its time is that. It is left out, and said
so, where `make peers` has not installed it.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.checks.worlds import client
from tests.clients.server import Credentials, Server

from garrison.assess.ledger import Ledger
from garrison.assess.records import records
from garrison.assess.run import Assessment, assess
from garrison.assess.signers import LocalSigner
from garrison.checks import CHECKS, load
from garrison.checks.collect.files import FilesCollector
from garrison.checks.reasoning.administrators import administers
from garrison.checks.reasoning.asking import may_enter, people
from garrison.checks.reasoning.escalation import DANGEROUS, escalations
from garrison.checks.snapshot import Snapshot

ACCOUNTS, USERS, ROLES = 10, 300, 200
PROWLER = Path(__file__).parents[1] / ".venv-peers" / "prowler" / "bin" / "prowler"
SERVICES = ("iam", "kms", "guardduty")
PEOPLE = 100
DAY = "2026-01-01T00:00:00+00:00"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def facts(account: str, rng: random.Random) -> dict[str, Any]:
    """What is read of one account."""
    iam = f"arn:aws:iam::{account}"
    users, roles, credentials = [], [], []
    for n in range(USERS):
        own = [allow("s3:GetObject", resource=f"arn:aws:s3:::bucket-{n}/*"), allow("ec2:Describe*", "logs:Get*")]
        if n % 50 == 0:
            own.append(allow("iam:CreateAccessKey", resource=f"{iam}:user/u{n + 1}"))
        if n % 100 == 1:
            own.append(allow("*"))
        users.append(
            {"UserName": f"u{n}", "UserId": f"AIDA{account}{n:05d}", "Arn": f"{iam}:user/u{n}", "Path": "/",
             "CreateDate": DAY, "GroupList": ["everybody"], "AttachedManagedPolicies": [],
             "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*own)}]}
        )  # fmt: skip
        keys = [{"id": f"AKIA{account}{n:04d}", "active": True, "created": DAY, "last_used": DAY}]
        credentials.append(
            {"name": f"u{n}", "arn": f"{iam}:user/u{n}", "created": DAY, "password": n % 3 == 0,
             "password_last_used": DAY, "mfa": n % 2 == 0, "keys": keys}
        )  # fmt: skip
    for n in range(ROLES):
        trusted = rng.choice([{"Service": "lambda.amazonaws.com"}, {"AWS": f"{iam}:root"}])
        own = [allow("dynamodb:*Item", resource=f"arn:aws:dynamodb:*:{account}:table/t{n}"), allow("kms:Decrypt")]
        if n % 40 == 0:
            own.append(allow("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"))
        if n % 100 == 7:
            own.append(allow("iam:*"))
        trust = policy({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
        roles.append(
            {"RoleName": f"r{n}", "RoleId": f"AROA{account}{n:05d}", "Arn": f"{iam}:role/r{n}", "Path": "/",
             "CreateDate": DAY, "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": [],
             "InstanceProfileList": [], "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*own)}]}
        )  # fmt: skip
    nothing = policy(allow("sts:GetCallerIdentity"))
    group = {"GroupName": "everybody", "GroupId": f"AGPA{account}", "Arn": f"{iam}:group/everybody", "Path": "/",
             "AttachedManagedPolicies": [],
             "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": nothing}]}  # fmt: skip
    return {
        "authorization-details": {
            "UserDetailList": users, "RoleDetailList": roles, "GroupDetailList": [group], "Policies": [],
        },
        "credentials": {"root": None, "users": credentials},
        "account-summary": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0},
        "password-policy": None,
        "server-certificates": [],
    }  # fmt: skip


def world() -> dict[str, Any]:
    """Ten accounts in an organization, as `garrison assess collect` writes them."""
    rng = random.Random(5)
    accounts = [f"1111222233{n:02d}" for n in range(ACCOUNTS)]
    told = {account: facts(account, rng) for account in accounts}
    deny = policy({"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"})
    kind = "SERVICE_CONTROL_POLICY"
    told[accounts[0]]["organization"] = {
        "Organization": {"Id": "o-bench12345", "MasterAccountId": accounts[0], "FeatureSet": "ALL"},
        "Roots": [{"Id": "r-ab12", "Arn": "r", "PolicyTypes": [{"Type": kind, "Status": "ENABLED"}]}],
        "OrganizationalUnits": [],
        "Accounts": [{"Id": account, "ParentId": "r-ab12", "Name": account} for account in accounts],
        "Policies": [
            {"PolicySummary": {"Id": f"p-{n}", "Arn": f"p-{n}", "Name": f"p-{n}", "Type": kind},
             "Content": json.dumps(text), "Targets": [{"TargetId": t} for t in ["r-ab12", *accounts][: 99 if n else 1]]}
            for n, text in enumerate([deny, policy(allow("*"))])
        ],
    }  # fmt: skip
    return {"schema": 1, "Collected": str(int(time.time())), "Facts": told, "Unread": {}}


def whole(file: Path, directory: Path) -> tuple[float, float, Assessment]:
    """Seconds for the checks, seconds for the evidence, and what came of it."""
    begin = time.process_time()
    found = assess(FilesCollector([file], time.time()), [c for c in CHECKS.values() if not c.behavioural])
    middle = time.process_time()
    Ledger(directory / "evidence").append(records(found), LocalSigner(directory))
    return middle - begin, time.process_time() - middle, found


def one_by_one(file: Path, wanted: int) -> float:
    """Seconds for the checks, each for itself, worked out from some of them."""
    reading = [c for c in CHECKS.values() if not c.behavioural]
    some = random.Random(1).sample(reading, wanted)
    begin = time.process_time()
    for check in some:
        assess(FilesCollector([file], time.time()), [check])
    return (time.process_time() - begin) / wanted * len(reading)


def naive_pairs(account: Snapshot, wanted: int) -> float:
    """Seconds to ask about every pair of one account's principals and every action, worked out from some of them."""
    everybody = people(account)
    begin = time.process_time()
    for who in everybody[:wanted]:
        administers(who)
        for other in everybody:
            for action in DANGEROUS:
                who.may(action, other.arn)
            if other.entity.kind == "role":
                may_enter(account, who.principal, who.stack, other.entity, who.context)
    return (time.process_time() - begin) / wanted * len(everybody)


def verified(directory: Path) -> tuple[float, int]:
    """Seconds to verify all evidence, and how many records it has."""
    begin = time.process_time()
    found = Ledger(directory / "evidence").verify()
    assert found.intact, found.problems
    return time.process_time() - begin, sum(len(run.lines()) for run in Ledger(directory / "evidence").runs())


def furnish(server: Server, keys: Credentials) -> None:
    """Users with policies and keys, and keys of KMS."""
    iam, kms = client(server.url, "iam", keys), client(server.url, "kms", keys)
    for n in range(PEOPLE):
        iam.create_user(UserName=f"u{n}")
        document = json.dumps(policy(allow("s3:GetObject", resource=f"arn:aws:s3:::b{n}/*")))
        iam.put_user_policy(UserName=f"u{n}", PolicyName="own", PolicyDocument=document)
        iam.create_access_key(UserName=f"u{n}")
    for _ in range(PEOPLE // 10):
        kms.create_key()
    client(server.url, "guardduty", keys).create_detector(Enable=True)


def beside_prowler(directory: Path) -> tuple[float, float | None]:
    """Seconds from start to end over the AWS API: ours, Prowler's (None: it is not here)."""
    with Server(directory / "data") as server:
        _, keys = server.new_account("bench")
        furnish(server, keys)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GARRISON_"))} | {
            "AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "HOME": str(directory),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "DO_NOT_TRACK": "1", "GARRISON_DATA": str(directory / "own"),
        }  # fmt: skip
        checks = [word for service in SERVICES for word in ("--check", f"{service}.*")]
        ours = timed([sys.executable, "-m", "garrison.cli.main", "assess", "run", "--endpoint", server.url, *checks,
                      "--no-record", "-o", "json"], env)  # fmt: skip
        if not PROWLER.exists():
            return ours, None
        out = ["--output-formats", "json-ocsf", "--output-directory", str(directory / "out"), "--no-banner"]
        theirs = timed([str(PROWLER), "aws", "--service", *SERVICES, "--region", "us-east-1", *out,
                        "--log-level", "CRITICAL", "--ignore-exit-code-3"], env)  # fmt: skip
        return ours, theirs


def timed(command: list[str], env: dict[str, str]) -> float:
    begin = time.monotonic()
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode in (0, 1, 3), done.stderr[-2000:]
    return time.monotonic() - begin


def main() -> None:
    """Print the table."""
    load()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        file = directory / "facts.json"
        file.write_text(json.dumps(world()))
        checks, evidence, found = whole(file, directory)
        verifying, lines = verified(directory)
        collector = FilesCollector([file], time.time())
        member = collector.accounts()[1]
        begin = time.process_time()
        ways = escalations(collector.snapshot(member))
        paths = time.process_time() - begin
        pairs = naive_pairs(FilesCollector([file], time.time()).snapshot(member), 10)
        scripts = one_by_one(file, 6)
        ours, theirs = beside_prowler(directory)
    principals = ACCOUNTS * (USERS + ROLES)
    failing = sum(r.status.value == "FAIL" for r in found.results)
    print(f"\n{ACCOUNTS} accounts, {principals:,} principals, {len(found.checks)} checks: {failing:,} failures")
    print(f"  checks                            {checks:8.1f} s")
    print(f"  evidence, sealed                  {evidence:8.1f} s   {len(found.results) + len(found.facts):,} records")
    print(f"  evidence, verified                {verifying:8.2f} s   {lines / verifying:,.0f} records a second")
    print(f"  the same checks one by one        {scripts:8.1f} s   {scripts / checks:6.1f} x")
    print(f"  ways to administration, 1 account {paths:8.2f} s   {len(ways)} found")
    print(f"  asked of every pair               {pairs:8.1f} s   {pairs / paths:6.0f} x")
    print(f"\none account over the AWS API, {PEOPLE} users, {', '.join(SERVICES)} (from start to end)")
    print(f"  garrison assess                   {ours:8.1f} s")
    if theirs is None:
        print("  Prowler                              none   make peers installs it")
    else:
        print(f"  Prowler                           {theirs:8.1f} s   {theirs / ours:6.1f} x")


if __name__ == "__main__":
    main()
