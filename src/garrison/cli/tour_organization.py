"""The tour's stop about organizations: what would this SCP break? Then it is attached, and breaks just that."""

from __future__ import annotations

import json
import time

import click

from garrison.cli.throwaway import tour_email
from garrison.cli.tour_guide import Guide

REGION_LOCK = """{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "StayHome",
    "Effect": "Deny",
    "NotAction": ["iam:*", "sts:*", "organizations:*"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}
  }
}
"""


def organization(guide: Guide) -> None:
    """Stop 7, with the tour's account as management account and a member account of its own."""
    guide.chapter(
        "7  Before you attach an SCP",
        "Your account becomes an organization with a member account, where somebody works in two regions. "
        "A policy shall keep everybody in one. What would it break?",
    )
    guide.run("aws organizations create-organization --query Organization.Id --profile root")
    guide.run("aws iam create-user --user-name olga --profile root", quiet=True)
    guide.run(
        "aws iam attach-user-policy --user-name olga --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
        " --profile root"
    )
    key = guide.run("aws iam create-access-key --user-name olga --profile root", quiet=True)
    guide.profile("olga", json.loads(key)["AccessKey"])
    email = tour_email("member", guide.directory)
    asked = guide.run(
        f"aws organizations create-account --account-name member --email {email} --profile root", quiet=True
    )
    member = _created(guide, json.loads(asked)["CreateAccountStatus"]["Id"])
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    assumed = guide.run(f"aws sts assume-role --role-arn {role} --role-session-name tour --profile olga", quiet=True)
    guide.profile("member", json.loads(assumed)["Credentials"])
    for region in ("us-east-1", "eu-west-1"):
        guide.run(f"aws cloudtrail lookup-events --max-items 1 --region {region} --profile member", quiet=True)
    guide.run("aws iam list-roles --query Roles[].RoleName --profile member", quiet=True)

    guide.file("region-lock.json", REGION_LOCK)
    guide.run(f"garrison replay --trail --account {member} --change scp:region-lock.json@{member}")

    made = guide.run(
        "aws organizations create-policy --name region-lock --description tour --type SERVICE_CONTROL_POLICY"
        " --content file://region-lock.json --profile root",
        quiet=True,
    )
    policy = json.loads(made)["Policy"]["PolicySummary"]["Id"]
    guide.run(f"aws organizations attach-policy --policy-id {policy} --target-id {member} --profile root")
    guide.run("aws cloudtrail lookup-events --max-items 1 --region eu-west-1 --profile member", fails=True)
    guide.run("aws cloudtrail lookup-events --max-items 1 --region us-east-1 --profile member", quiet=True)


def _created(guide: Guide, request: str) -> str:
    """The id of the account, once it is made."""
    command = f"aws organizations describe-create-account-status --create-account-request-id {request} --profile root"
    for _ in range(20):
        status = json.loads(guide.run(command, quiet=True))["CreateAccountStatus"]
        if status["State"] == "SUCCEEDED":
            return str(status["AccountId"])
        time.sleep(0.5)
    raise click.ClickException("The account was not made in time.")
