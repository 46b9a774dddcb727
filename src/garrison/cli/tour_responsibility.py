"""The tour's stop at the responsibility matrix: before an assessment, after it, and once a gap is closed."""

from __future__ import annotations

import json

from garrison.cli.tour_guide import Guide

_PERIMETER = """{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "OnlyUs",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["kms:*", "s3:*", "secretsmanager:*", "sqs:*"],
    "Resource": "*",
    "Condition": {
      "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "ORGANIZATION"},
      "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}
    }
  }
}
"""


def responsibility(guide: Guide, account: str) -> None:
    """Show the matrix of the tour's account become true, and a column of it closed."""
    guide.chapter(
        "Who secures what",
        "The line between AWS and you runs differently for each service, and moves with its configuration:\n"
        "P is the provider's, C the customer's, S shared.",
    )
    guide.run("garrison responsibility ec2 ecs:fargate lambda rds rds:manual eks eks:auto-mode s3")
    guide.chapter(
        "A matrix that tells the truth",
        "On paper, a matrix claims. Here each cell says what checks found in this account: before anybody looked, a "
        "question mark; then what is so, by signed evidence.",
    )
    mine = f"garrison responsibility --mine --account {account} --evidence evidence"
    assess = f"garrison assess run --no-act --account {account} --evidence evidence"
    guide.run(mine)
    guide.run(assess, quiet=True)
    guide.run(mine)
    guide.run(f"{mine} iam --layer data")
    guide.chapter(
        "One gap closed",
        "Strangers could be let in to member accounts' data. A resource control policy for the whole organization ends "
        "that. Look again: the column is covered, and both looks are on record.",
    )
    root = json.loads(guide.run("aws organizations list-roots --profile root", quiet=True))["Roots"][0]
    guide.file("perimeter.json", _PERIMETER.replace("ORGANIZATION", root["Arn"].split("/")[1]))
    enable = f"aws organizations enable-policy-type --root-id {root['Id']} --policy-type RESOURCE_CONTROL_POLICY"
    guide.run(f"{enable} --profile root", quiet=True)
    made = guide.run(
        "aws organizations create-policy --name perimeter --description tour --type RESOURCE_CONTROL_POLICY "
        "--content file://perimeter.json --profile root",
        quiet=True,
    )
    policy = json.loads(made)["Policy"]["PolicySummary"]["Id"]
    guide.run(f"aws organizations attach-policy --policy-id {policy} --target-id {root['Id']} --profile root")
    guide.run(assess, quiet=True)
    guide.run(mine)
    guide.run("garrison evidence verify --evidence evidence")
