"""AssumeRoot: a member account's root user for a quarter of an hour, limited to one task.

Source: STS API reference, AssumeRoot; IAM user guide, "Perform a privileged task on an AWS Organizations member
account". Service control policies of the member account bind the session like any root user of it.
"""

from __future__ import annotations

from typing import Any

from garrison.access import organization
from garrison.access.accounts import suspended
from garrison.access.call import Call
from garrison.access.caller import Session
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.principal import AssumedRoot, RoleSession, User
from garrison.services.operation import operation
from garrison.services.sts.credentials import issue
from garrison.store import Transaction

SECONDS = 900
ADMINISTRATION = "iam.amazonaws.com"
_TASKS = {
    "IAMAuditRootUserCredentials": "RootCredentialsManagement",
    "IAMCreateRootUserPassword": "RootCredentialsManagement",
    "IAMDeleteRootUserCredentials": "RootCredentialsManagement",
    "S3UnlockBucketPolicy": "RootSessions",
    "SQSUnlockQueuePolicy": "RootSessions",
}
"""The tasks, and the feature of the organization each needs. Which needs which is a guess from what they are about."""


@operation("sts", "AssumeRoot", access="write")
def assume_root(call: Call, tx: Transaction) -> dict[str, Any]:
    """A session of a member account's root user, limited by the task's policy."""
    target = _target(call)
    task: str = call.params["TaskPolicyArn"].get("arn", "")
    feature = _TASKS.get(task.removeprefix(f"arn:{call.partition}:iam::aws:policy/root-task/"))
    if feature is None:
        raise AwsError("ValidationError", f"{task} is not a valid task policy.", status=400)
    _check(call, tx, target, feature)
    session = call.caller.session
    identity = None if session is None else session.source_identity
    issued = float(int(call.now))
    made = Session(
        kind="assume-root",
        issued=issued,
        expires=issued + call.params.get("DurationSeconds", SECONDS),
        source_identity=identity,
        policy_arns=(task,),
        issuer_key=call.caller.access_key_id,
    )
    call.shared_with = (target,)
    output = issue(call, AssumedRoot(target, task, call.partition), made)
    return output if identity is None else {**output, "SourceIdentity": identity}


def _target(call: Call) -> str:
    """The member account `TargetPrincipal` names, by its id or the ARN of its root user."""
    text: str = call.params["TargetPrincipal"]
    arn = Arn.parse(text)
    account = text if arn is None else arn.account
    spelled = (account, f"arn:{call.partition}:iam::{account}:root")
    if len(account) != 12 or not (account.isascii() and account.isdigit()) or text not in spelled:
        raise AwsError("ValidationError", f"{text} is not a valid target principal.", status=400)
    return account


def _check(call: Call, tx: Transaction, target: str, feature: str) -> None:
    """Users and roles of the management account, or of IAM's delegated administrator, towards member accounts."""
    mine = organization.membership(call.runtime, tx, call.account)
    theirs = organization.membership(call.runtime, tx, target)
    if (
        isinstance(call.caller.principal, (User, RoleSession))
        and mine is not None
        and theirs is not None
        and mine.id == theirs.id
        and (mine.management or ADMINISTRATION in mine.administers)
        and not theirs.management
        and feature in mine.root_features
        and not suspended(tx, target)
    ):
        return
    raise AwsError(
        "AccessDenied",
        f"User: {call.caller.principal.arn} is not authorized to perform: sts:AssumeRoot on resource: "
        f"arn:{call.partition}:iam::{target}:root",
        status=403,
    )
