"""AWS managed keys: `aws/s3` and its like, made when first asked for.

Source: KMS developer guide, "AWS managed keys"; the form of their policies as the guide shows that of `aws/s3`.
"""

from __future__ import annotations

import hashlib
import json
import uuid

from garrison.access.call import Call
from garrison.access.resources import Facts
from garrison.aws.arn import Arn
from garrison.keys.specs import SYMMETRIC_DEFAULT
from garrison.services.kms import due, rows
from garrison.services.kms.key_policy import attached
from garrison.services.kms.resources import ALIAS, KEY, Key
from garrison.store import Reader, Resource, Transaction

_SERVICES = {
    "acm": "acm", "backup": "backup", "dynamodb": "dynamodb", "ebs": "ec2", "elasticfilesystem": "elasticfilesystem",
    "es": "es", "glue": "glue", "kinesis": "kinesis", "kinesisvideo": "kinesisvideo", "lambda": "lambda",
    "rds": "rds", "redshift": "redshift", "s3": "s3", "secretsmanager": "secretsmanager", "sns": "sns", "sqs": "sqs",
    "ssm": "ssm", "xray": "xray",
}  # fmt: skip
"""What follows `alias/aws/` -> the service as `kms:ViaService` names it."""

PREDEFINED = {f"alias/aws/{name}": service for name, service in _SERVICES.items()}
YEARS_ROTATION = 365
"""Days: their material is rotated every year, and nobody can change that."""


def missing(call: Call, reader: Reader, value: str) -> str | None:
    """The predefined alias that a parameter names, if no key stands behind it yet."""
    name = value
    if value.startswith("arn:"):
        arn = Arn.parse(value)
        if arn is None or (arn.account, arn.region) != (call.account, call.region):
            return None
        name = arn.resource
    if name not in PREDEFINED or reader.get(ALIAS, call.account, name, region=call.region) is not None:
        return None
    return name


def key_id(account: str, region: str, alias: str) -> str:
    """The id of an account's key behind a predefined alias: known before there is a key, so that it can be decided
    who may have it made."""
    digest = hashlib.sha256(f"garrison/kms/{account}/{region}/{alias}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def policy(partition: str, account: str, region: str, alias: str) -> str:
    """The key policy of an AWS managed key: its service, for whoever may use that; and a look at it for the account."""
    service = PREDEFINED[alias]
    name = alias.rpartition("/")[2]
    dns = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    through = {
        "Sid": f"Allow access through {name} for all principals in the account that are authorized to use {name}",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant",
            "kms:DescribeKey",
        ],
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:CallerAccount": account, "kms:ViaService": f"{service}.{region}.{dns}"},
        },
    }  # fmt: skip
    direct = {
        "Sid": "Allow direct access to key metadata to the account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": f"auto-{name}-1", "Statement": [through, direct]})


def facts(call: Call, action: str, arn: Arn) -> Facts | None:
    """A key behind a predefined alias, before there is one; None for every other name."""
    if action != "DescribeKey" or arn.resource not in PREDEFINED or arn.region != call.region:
        return None
    id = key_id(arn.account, arn.region, arn.resource)
    return Facts(
        arn=str(arn._replace(resource=f"key/{id}")),
        account=arn.account,
        policy=attached(policy(arn.partition, arn.account, arn.region, arn.resource)),
        trusts_account=False,
        beyond_rcps=True,
    )


def create(call: Call, tx: Transaction, alias: str) -> Resource[Key]:
    """The key behind a predefined alias, made if nobody was faster."""
    from garrison.services.kms import aliases, keys  # both are above this page

    id = key_id(call.account, call.region, alias)
    there = rows.get(call.runtime, tx, KEY, call.account, id, region=call.region)
    if there is not None:
        return there
    name = PREDEFINED[alias]
    body = Key(
        spec=SYMMETRIC_DEFAULT,
        usage="ENCRYPT_DECRYPT",
        policy=policy(call.partition, call.account, call.region, alias),
        manager="AWS",
        description=f"Default key that protects my {name} data when no other key is defined",
        rotation_period=YEARS_ROTATION,
        rotates=call.now + YEARS_ROTATION * 86400,
    )
    row = keys.insert(call, tx, id, body)
    assert body.rotates is not None
    due.at(tx, body.rotates, due.ROTATE, row.id)
    return aliases.insert(call, tx, alias, row, call.now)
