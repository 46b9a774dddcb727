"""Lab 2: least privilege."""

from __future__ import annotations

import base64
import secrets

from garrison.aws.reference import actions
from garrison.labs.bench import Bench, allow, policy
from garrison.labs.lab import Lab, Unmet
from garrison.labs.policies import allowed_actions, policies_of_user
from garrison.policy.lint import lint

LAB = Lab(
    2,
    "least-privilege",
    "Least privilege",
    goal="The user clerk works on invoices, and may do far too much: it was given S3 as a whole for its own use, and "
    "is in the group everybody, which may do what nobody remembers. What it really needs it has not. In the end it "
    "may do its work, and nothing else.",
    teaches=("identity-based policies", "resource ARNs", "policy conditions", "policy validation"),
    minutes=30,
)
_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


@LAB.prepare
def prepare(bench: Bench) -> None:
    account = bench.make_account()
    bench.make_learner()
    for name in ("invoices", "payroll"):
        key = bench.do("main", "kms", "CreateKey", {"Description": name})["KeyMetadata"]
        secret = bench.do("main", "kms", "Encrypt", {"KeyId": key["Arn"], "Plaintext": secrets.token_bytes(16)})
        bench.attempt.facts |= {f"{name}_key": key["Arn"], f"{name}_secret": secret["CiphertextBlob"]}
    bench.attempt.facts |= {
        "bucket": f"invoices-{account}",
        "table": f"arn:aws:dynamodb:{bench.region}:{account}:table/invoices",
    }
    bench.make_user("clerk", statements=[allow("s3:*")])
    bench.do("main", "iam", "CreateGroup", {"GroupName": "everybody"})
    wide = allow(["dynamodb:*", "lambda:*", "iam:List*", "iam:PassRole", "sns:*"])
    legacy = {"GroupName": "everybody", "PolicyName": "legacy", "PolicyDocument": policy(wide)}
    bench.do("main", "iam", "PutGroupPolicy", legacy)
    bench.do("main", "iam", "AddUserToGroup", {"GroupName": "everybody", "UserName": "clerk"})


@LAB.step(
    "decrypt",
    "The clerk decrypts invoices, and nothing else",
    task="clerk may decrypt with the key {invoices_key}, and with no other key.",
    hints=(
        "A key's default policy delegates to IAM: an identity-based policy of clerk's decides.",
        "Allow kms:Decrypt, and name the key as its Resource.",
        "aws iam put-user-policy --user-name clerk --policy-name decrypt --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":'
        '"{invoices_key}"}}\'',
    ),
    term=("Resource element", _USER_GUIDE + "reference_policies_elements_resource.html"),
)
def decrypt(bench: Bench) -> None:
    clerk, key = bench.fact("clerk"), bench.fact("invoices_key")
    mine, theirs = (base64.b64decode(bench.fact(f"{name}_secret")) for name in ("invoices", "payroll"))
    bench.must_do("clerk", "kms", "Decrypt", {"CiphertextBlob": mine}, otherwise="clerk cannot decrypt an invoice yet")
    wide = "clerk must not read the payroll: name the one key as the Resource"
    bench.must_not("clerk", "kms", "Decrypt", {"CiphertextBlob": theirs}, otherwise=wide)
    for action in ("kms:Encrypt", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant"):
        bench.must_decide(False, clerk, action, key, otherwise="clerk is to decrypt, and to do nothing else to the key")


@LAB.step(
    "objects",
    "The clerk reads this year's invoices from S3, and nothing else there",
    task="clerk may list what lies under 2026/ in the bucket {bucket}, and read it. Its own policy allows s3:* now.",
    hints=(
        "Listing is an action on the bucket, reading one on the objects in it: two ARNs, two statements.",
        "s3:GetObject on arn:aws:s3:::{bucket}/2026/*, and s3:ListBucket on arn:aws:s3:::{bucket} under the condition "
        's3:prefix like "2026/*".',
        "aws iam put-user-policy --user-name clerk --policy-name prepared --policy-document "
        '\'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":'
        '"arn:aws:s3:::{bucket}/2026/*"},{"Effect":"Allow","Action":"s3:ListBucket","Resource":'
        '"arn:aws:s3:::{bucket}","Condition":{"StringLike":{"s3:prefix":"2026/*"}}}]}\'',
    ),
    term=("Bucket and object ARNs", "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html"),
)
def objects(bench: Bench) -> None:
    clerk, bucket = bench.fact("clerk"), f"arn:aws:s3:::{bench.fact('bucket')}"
    invoice = f"{bucket}/2026/{secrets.token_hex(4)}.pdf"
    lacks = "clerk must read this year's invoices"
    bench.must_decide(True, clerk, "s3:GetObject", invoice, otherwise=lacks)
    bench.must_decide(True, clerk, "s3:ListBucket", bucket, context={"s3:prefix": "2026/05"}, otherwise=lacks)
    wide = "clerk may do more in S3 than read this year's invoices"
    for action, resource in (
        ("s3:GetObject", f"{bucket}/2019/{secrets.token_hex(4)}.pdf"),
        ("s3:GetObject", f"arn:aws:s3:::payroll-{bench.account()}/2026/x"),
        ("s3:PutObject", invoice),
        ("s3:DeleteObject", invoice),
        ("s3:PutBucketPolicy", bucket),
        ("s3:CreateBucket", f"arn:aws:s3:::{secrets.token_hex(8)}"),
    ):
        bench.must_decide(False, clerk, action, resource, otherwise=wide)
    for context in ({"s3:prefix": "2019/"}, {}):
        bench.must_decide(False, clerk, "s3:ListBucket", bucket, context=context, otherwise=wide)


@LAB.step(
    "group",
    "What the group everybody allowed is gone",
    task="Nothing of what the group everybody allows has to do with the clerk's work.",
    hints=(
        "What a user may do is the sum of its own policies and of its groups'.",
        "Take clerk out of the group, or take the group's policy away.",
        "aws iam remove-user-from-group --group-name everybody --user-name clerk",
    ),
    term=("IAM user groups", _USER_GUIDE + "id_groups.html"),
)
def group(bench: Bench) -> None:
    clerk, account = bench.fact("clerk"), bench.account()
    wide = "clerk may do what is none of its work"
    bench.must_not("clerk", "iam", "ListUsers", otherwise=wide)
    for action, resource in (
        ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{bench.region}:{account}:table/orders"),
        ("dynamodb:Scan", f"arn:aws:dynamodb:{bench.region}:{account}:table/orders"),
        ("lambda:CreateFunction", f"arn:aws:lambda:{bench.region}:{account}:function:{secrets.token_hex(4)}"),
        ("iam:PassRole", f"arn:aws:iam::{account}:role/{secrets.token_hex(4)}"),
        ("sns:Publish", f"arn:aws:sns:{bench.region}:{account}:{secrets.token_hex(4)}"),
        ("iam:CreateUser", f"arn:aws:iam::{account}:user/{secrets.token_hex(4)}"),
    ):
        bench.must_decide(False, clerk, action, resource, otherwise=wide)


@LAB.step(
    "table",
    "The clerk looks invoices up in the table, by policies that say what they mean",
    task="clerk may get and query items of {table}, and may not change them. No policy of its has an action like "
    "dynamodb:*, and none has an error (garrison policy lint).",
    hints=(
        "dynamodb:GetItem and dynamodb:Query, on the table's ARN.",
        "An action with * for its name allows what will be invented next year, too. Write the two names out.",
        "aws iam put-user-policy --user-name clerk --policy-name table --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Query"],'
        '"Resource":"{table}"}}\'',
    ),
    term=("Policy validation", _USER_GUIDE + "access_policies_policy-validator.html"),
)
def table(bench: Bench) -> None:
    clerk, there = bench.fact("clerk"), bench.fact("table")
    for action in ("dynamodb:GetItem", "dynamodb:Query"):
        bench.must_decide(True, clerk, action, there, otherwise="clerk must look invoices up in the table")
    for action in ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:UpdateTable"):
        bench.must_decide(False, clerk, action, there, otherwise="clerk must look up, and not change")
    for name, text in policies_of_user(bench, "clerk").items():
        for action in allowed_actions(text):
            if action.endswith(":*") or action == "*":
                raise Unmet(f"The policy {name} allows {action}: whatever that service learns to do, clerk may do")
        for remark in lint(text, reference=actions):
            if remark.severity == "error":
                raise Unmet(f"The policy {name}, line {remark.line}: {remark.message}")
