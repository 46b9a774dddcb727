"""Lab 12 solved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3

from tests.clients.agreements import enter
from tests.labs.solutions.script import Learner, Script

SCRIPT = Script(12)


@SCRIPT.step("agreement")
def agreement(learner: Learner) -> None:
    learner.client("organizations").enable_aws_service_access(ServicePrincipal="artifact.amazonaws.com")
    enter(learner.client("artifact"), "agreement-OrganizationsBAA")


@SCRIPT.step("gap")
def gap(learner: Learner) -> None:
    role = f"arn:aws:iam::{learner.fact('account_clinic')}:role/OrganizationAccountAccessRole"
    made = learner.client("sts").assume_role(RoleArn=role, RoleSessionName="audit")["Credentials"]
    there = boto3.client(
        "kms",
        region_name="us-east-1",
        endpoint_url=learner.server.url,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )
    there.enable_key_rotation(KeyId=learner.fact("key"))


@SCRIPT.step("exception")
def exception(learner: Learner) -> None:
    ends = datetime.now(UTC) + timedelta(days=60)
    learner.garrison(
        "assess", "except", "iam.policy-allows-everything", "--subject", learner.fact("vendor_policy"),
        "--account", learner.fact("account_clinic"), "--owner", "Head of IT",
        "--reason", "the vendor names his actions by then", "--expires", ends.strftime("%Y-%m-%d"),
    )  # fmt: skip


@SCRIPT.step("assessment")
def assessment(learner: Learner) -> None:
    accounts = ("--account", learner.fact("account"), "--account", learner.fact("account_clinic"))
    # 3: what the clinic does not use cannot be read, and is said to be so.
    learner.garrison("assess", "run", "--framework", "hipaa", *accounts, ends=(0, 3))


@SCRIPT.step("report")
def report(learner: Learner) -> None:
    learner.apart("assess", "publish", "--framework", "hipaa")  # where no assessment is, nothing is published
