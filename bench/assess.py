"""Assessing ten accounts with 5,000 principals, beside asking check by check and pair by pair.

    python -m bench.assess

Every check that reads is asked of what was collected of ten accounts (300 users and 200 roles each, every one with
policies of its own, under an organization's policies). Two naive peers in the same run: the same checks one by one,
each with facts read anew, as scripts do that each ask for themselves; and ways to administration searched by asking the
engine about every pair of principals and every dangerous action. All numbers are processor time of one process.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

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


def main() -> None:
    """Print the table."""
    load()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        file = directory / "facts.json"
        file.write_text(json.dumps(world()))
        checks, evidence, found = whole(file, directory)
        collector = FilesCollector([file], time.time())
        member = collector.accounts()[1]
        begin = time.process_time()
        ways = escalations(collector.snapshot(member))
        paths = time.process_time() - begin
        pairs = naive_pairs(FilesCollector([file], time.time()).snapshot(member), 10)
        scripts = one_by_one(file, 6)
    principals = ACCOUNTS * (USERS + ROLES)
    failing = sum(r.status.value == "FAIL" for r in found.results)
    print(f"\n{ACCOUNTS} accounts, {principals:,} principals, {len(found.checks)} checks: {failing:,} failures")
    print(f"  checks                            {checks:8.1f} s")
    print(f"  evidence, sealed                  {evidence:8.1f} s   {len(found.results) + len(found.facts):,} records")
    print(f"  the same checks one by one        {scripts:8.1f} s   {scripts / checks:6.1f} x")
    print(f"  ways to administration, 1 account {paths:8.2f} s   {len(ways)} found")
    print(f"  asked of every pair               {pairs:8.1f} s   {pairs / paths:6.0f} x")


if __name__ == "__main__":
    main()
