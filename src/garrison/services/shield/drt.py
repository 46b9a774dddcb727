"""What the response team (SRT, once DRT) may reach: a role, and the buckets with logs.

Source: API reference, AssociateDRTRole: the role trusts `drt.shield.amazonaws.com` and has the managed policy
`AWSShieldDRTAccessPolicy`; AssociateDRTLogBucket: a role first, at most ten buckets.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.principals import principals
from garrison.access.resources import facts
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.policy.evaluate import evaluate
from garrison.policy.principal import Service
from garrison.policy.request import Request, Stack
from garrison.services.operation import operation
from garrison.services.shield import limits
from garrison.services.shield.errors import invalid, limit, not_found
from garrison.services.shield.subscription import load
from garrison.store import Reader, Transaction

_TEAM = "drt.shield.amazonaws.com"
_POLICY = "policy/service-role/AWSShieldDRTAccessPolicy"


def _check_role(call: Call, reader: Reader, arn: str) -> None:
    if principals().role(reader, arn) is None:
        raise invalid("The referenced role does not exist.", "RoleArn")
    found = facts(reader, call, Check("sts:AssumeRole", arn))
    question = Request(Service(_TEAM), "sts:AssumeRole", arn, found.account, {})
    if found.policy is None or not evaluate(question, Stack(resource=found.policy)).allowed:
        raise invalid(f"The role must trust the service principal {_TEAM}.", "RoleArn")
    principal = principals().find(reader, arn)
    given = () if principal is None else principals().grants(call.runtime, reader, principal).identity
    if not any((policy.arn or "").endswith(_POLICY) for policy in given):
        raise invalid("The role must have the managed policy AWSShieldDRTAccessPolicy attached.", "RoleArn")


def _no_role() -> AwsError:
    return AwsError("NoAssociatedRoleException", "The ARN of the role that you specified does not exist.", status=400)


@operation("shield", "AssociateDRTRole", access="write")
def associate_drt_role(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    _check_role(call, tx, call.params["RoleArn"])
    tx.update(row, msgspec.structs.replace(row.body, drt_role=call.params["RoleArn"]))
    return {}


@operation("shield", "DisassociateDRTRole", access="write")
def disassociate_drt_role(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    tx.update(row, msgspec.structs.replace(row.body, drt_role=None))
    return {}


@operation("shield", "AssociateDRTLogBucket", access="write")
def associate_drt_log_bucket(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if row.body.drt_role is None:
        raise _no_role()
    bucket = call.params["LogBucket"]
    if bucket not in row.body.drt_buckets:
        if len(row.body.drt_buckets) >= limits.BUCKETS:
            raise limit("LOG_BUCKETS", limits.BUCKETS)
        tx.update(row, msgspec.structs.replace(row.body, drt_buckets=(*row.body.drt_buckets, bucket)))
    return {}


@operation("shield", "DisassociateDRTLogBucket", access="write")
def disassociate_drt_log_bucket(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if row.body.drt_role is None:
        raise _no_role()
    bucket = call.params["LogBucket"]
    if bucket not in row.body.drt_buckets:
        raise not_found("The referenced log bucket is not associated.", "LOG_BUCKET")
    left = tuple(one for one in row.body.drt_buckets if one != bucket)
    tx.update(row, msgspec.structs.replace(row.body, drt_buckets=left))
    return {}


@operation("shield", "DescribeDRTAccess", access="read")
def describe_drt_access(call: Call, reader: Reader) -> dict[str, Any]:
    body = load(call, reader).body
    role = {} if body.drt_role is None else {"RoleArn": body.drt_role}
    return {**role, "LogBucketList": list(body.drt_buckets)}
