"""The tour's stops about IAM: denied, explained, allowed, bounded, and a role with MFA."""

from __future__ import annotations

import json

from garrison.cli.tour_guide import Guide

POLICY_WITH_A_CATCH = """{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "SeeWhoIsHere",
    "Effect": "Allow",
    "Action": "iam:ListUsers",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
  }
}
"""
POLICY = """{
  "Version": "2012-10-17",
  "Statement": {"Sid": "SeeWhoIsHere", "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
}
"""
BOUNDARY = """{
  "Version": "2012-10-17",
  "Statement": {"Sid": "RolesOnly", "Effect": "Allow", "Action": "sts:*", "Resource": "*"}
}
"""
TRUST = """{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/ana"},
    "Action": "sts:AssumeRole",
    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
  }
}
"""


def iam(guide: Guide, account: str) -> None:
    """Stops 1 to 6, as the account's root user and its user ana."""
    guide.chapter("1  Who am I?", "Every call is signed and verified; Garrison knows who asks. You start as root.")
    guide.run("aws sts get-caller-identity --profile root")

    guide.chapter("2  A new user may do nothing", "A user without policies is refused, in AWS's own words.")
    guide.run("aws iam create-user --user-name ana --profile root")
    key = guide.run("aws iam create-access-key --user-name ana --profile root", quiet=True)
    guide.profile("ana", json.loads(key)["AccessKey"])
    guide.run("aws iam list-users --profile ana", fails=True)

    guide.chapter(
        "3  Why not?",
        "A policy is attached, and still the answer is no. AWS would leave you guessing; "
        "the explanation points at the line, with what the condition wanted and what it got.",
    )
    guide.file("policy.json", POLICY_WITH_A_CATCH)
    guide.run(
        "aws iam put-user-policy --user-name ana --policy-name people --policy-document file://policy.json"
        " --profile root"
    )
    guide.run("aws iam list-users --profile ana", fails=True)
    guide.run(f"garrison explain --denied --last 1 --account {account}")

    guide.chapter("4  A policy fixes it", "The very next call obeys.")
    guide.file("policy.json", POLICY)
    guide.run(
        "aws iam put-user-policy --user-name ana --policy-name people --policy-document file://policy.json"
        " --profile root"
    )
    guide.run("aws iam list-users --query Users[].Arn --profile ana")

    guide.chapter("5  A boundary takes it away", "What the boundary does not allow, no policy of ana's can give.")
    guide.file("boundary.json", BOUNDARY)
    guide.run("aws iam create-policy --policy-name roles-only --policy-document file://boundary.json --profile root")
    guide.run(
        "aws iam put-user-permissions-boundary --user-name ana"
        f" --permissions-boundary arn:aws:iam::{account}:policy/roles-only --profile root"
    )
    guide.run("aws iam list-users --profile ana", fails=True)
    guide.run(f"garrison explain --denied --last 1 --account {account}")

    guide.chapter(
        "6  A role with MFA gives it for an hour",
        "The role trusts ana, if she proves a second factor. The codes are real TOTP codes, each good once.",
    )
    guide.file("trust.json", TRUST.replace("ACCOUNT", account))
    guide.run("aws iam create-role --role-name auditor --assume-role-policy-document file://trust.json --profile root")
    guide.run(
        "aws iam attach-role-policy --role-name auditor --policy-arn arn:aws:iam::aws:policy/IAMReadOnlyAccess"
        " --profile root"
    )
    role = f"arn:aws:iam::{account}:role/auditor"
    guide.run(f"aws sts assume-role --role-arn {role} --role-session-name tour --profile ana", fails=True)
    guide.run(
        "aws iam create-virtual-mfa-device --virtual-mfa-device-name ana --outfile seed.txt"
        " --bootstrap-method Base32StringSeed --profile root"
    )
    serial = f"arn:aws:iam::{account}:mfa/ana"
    before = guide.run("garrison totp --file seed.txt --step -1").strip()
    now = guide.run("garrison totp --file seed.txt").strip()
    guide.run(
        f"aws iam enable-mfa-device --user-name ana --serial-number {serial}"
        f" --authentication-code1 {before} --authentication-code2 {now} --profile root"
    )
    code = guide.run("garrison totp --file seed.txt --step +1").strip()
    assumed = guide.run(
        f"aws sts assume-role --role-arn {role} --role-session-name tour --serial-number {serial}"
        f" --token-code {code} --profile ana",
        quiet=True,
    )
    guide.profile("auditor", json.loads(assumed)["Credentials"])
    guide.run("aws sts get-caller-identity --profile auditor")
    guide.run("aws iam list-users --query Users[].Arn --profile auditor")
