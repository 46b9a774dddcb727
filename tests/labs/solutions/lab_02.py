"""Lab 2 solved."""

from __future__ import annotations

from tests.labs.solutions.script import Learner, Script

SCRIPT = Script(2)


@SCRIPT.step("decrypt")
def decrypt(learner: Learner) -> None:
    learner.write_policy(
        "clerk", "decrypt", {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": learner.fact("invoices_key")}
    )


@SCRIPT.step("objects")
def objects(learner: Learner) -> None:
    bucket = f"arn:aws:s3:::{learner.fact('bucket')}"
    learner.write_policy(
        "clerk",
        "prepared",
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/2026/*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": "2026/*"}},
        },
    )


@SCRIPT.step("group")
def group(learner: Learner) -> None:
    learner.iam.remove_user_from_group(GroupName="everybody", UserName="clerk")


@SCRIPT.step("table")
def table(learner: Learner) -> None:
    look = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": learner.fact("table")}
    learner.write_policy("clerk", "table", look)
