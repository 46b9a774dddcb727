"""Roles that belong to a service: made for it, changed by nobody, deleted only once the service no longer needs them.

Deleting is a task of its own: DeleteServiceLinkedRole gives its id, the work is done a moment later, and what came of
it is asked by that id. Whether a role is still needed is for the service to say (`provide_usage`).
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any, Protocol

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.aws import service_linked_roles
from garrison.aws.errors import AwsError
from garrison.aws.ids import unique_id
from garrison.services.iam import owners, quotas
from garrison.services.iam.background import DELAY, soon
from garrison.services.iam.errors import over_quota
from garrison.services.iam.owners import ROLES
from garrison.services.iam.resources import ATTACHED, EPOCH, ROLE, Role
from garrison.services.iam.roles import shown_role
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Kind, Reader, Resource, Transaction

_TASK = re.compile(r"task/aws-service-role/[^/]+/[^/]+/[0-9a-f-]{36}")


class Usage(msgspec.Struct, frozen=True):
    """Resources of a region that still need the role."""

    region: str
    resources: tuple[str, ...]


class DeletionTask(msgspec.Struct, frozen=True, omit_defaults=True):
    """One deletion; row name and id are the task's id."""

    role_id: str
    status: str = "NOT_STARTED"
    reason: str | None = None
    usage: tuple[Usage, ...] = ()


DELETION_TASK = Kind("iam.slr-deletion", DeletionTask)


class UsageProvider(Protocol):
    """A service's answer to what still needs its role."""

    def __call__(self, reader: Reader, account: str, role_name: str) -> tuple[Usage, ...]: ...


_providers: dict[str, UsageProvider] = {}


def provide_usage(principal: str, provider: UsageProvider | None) -> None:
    """Register who knows what needs the role of a service principal (None: nobody any more)."""
    if provider is None:
        _providers.pop(principal, None)
    else:
        _providers[principal] = provider


def create(
    runtime: Runtime,
    tx: Transaction,
    account: str,
    principal: str,
    now: float,
    *,
    suffix: str | None = None,
    description: str | None = None,
) -> Resource[Role]:
    """Make the service-linked role of a service principal. Raises `AwsError`."""
    known = service_linked_roles.of_service(principal)
    if known is None:
        # Text and code recalled.
        raise AwsError("AccessDenied", f"Cannot find Service Linked Role template for {principal}", status=403)
    if suffix is not None and not known.takes_suffix:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {principal}")
    name = known.named(suffix)
    if len(name) > 64:
        # The limit is that of role names; the text is a guess.
        raise AwsError("InvalidInput", f"Role name {name} is longer than 64 characters.")
    trust = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    body = Role(
        trust=json.dumps({"Version": "2012-10-17", "Statement": [trust]}, separators=(",", ":")),
        path=f"/aws-service-role/{principal}/",
        description=description,
        service_linked=True,
    )
    quota = quotas.adjusted(runtime, "RolesPerAccount", quotas.ROLES)
    if tx.count(ROLE, account) >= quota:
        raise over_quota("RolesPerAccount", quota)
    try:
        row = tx.insert(ROLE, account, name, body, id=unique_id("AROA"), created=now)
    except AlreadyExists:
        raise AwsError(
            "InvalidInput", f"Service role name {name} has been taken in this account, please try a different suffix."
        ) from None
    policy = known.policy_arn(runtime.partition)
    if policy is not None:
        tx.link(ATTACHED, account, row.id, policy)
    tx.bump(EPOCH, account)
    return row


@operation("iam", "CreateServiceLinkedRole", access="write")
def create_service_linked_role(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    row = create(
        call.runtime,
        tx,
        call.account,
        params["AWSServiceName"],
        call.now,
        suffix=params.get("CustomSuffix"),
        description=params.get("Description") or None,
    )
    return {"Role": shown_role(tx, call.partition, row)}


@operation("iam", "DeleteServiceLinkedRole", access="write")
def delete_service_linked_role(call: Call, tx: Transaction) -> dict[str, Any]:
    row = owners.named(tx, ROLES, call)
    if not row.body.service_linked:
        # Which error AWS gives is a guess: of the modelled ones only this fits.
        raise AwsError("NoSuchEntity", f"The service linked role with name {row.name} cannot be found.")
    folder = row.body.path.strip("/")
    task = tx.lookup(DELETION_TASK.name, row.id)
    if task is None:
        task = f"task/{folder}/{row.name}/{uuid.uuid4()}"
        tx.insert(DELETION_TASK, call.account, task, DeletionTask(row.id), id=task, created=call.now)
        tx.set_lookup(DELETION_TASK.name, row.id, task)
    # Should this transaction run twice, the first task never was, and its timer finds nothing to do.
    runtime, id = call.runtime, task
    soon("role-deletion", lambda: finish(runtime, id))
    return {"DeletionTaskId": task}


@operation("iam", "GetServiceLinkedRoleDeletionStatus", access="write")
def get_service_linked_role_deletion_status(call: Call, tx: Transaction) -> dict[str, Any]:
    task_id = call.params["DeletionTaskId"]
    if not _TASK.fullmatch(task_id):
        raise AwsError("InvalidInput", f"{task_id} is not a valid deletion task id.")
    row = tx.by_id(DELETION_TASK, task_id)
    if row is None or row.account != call.account:
        raise AwsError("NoSuchEntity", f"The deletion task {task_id} cannot be found.")
    if row.body.status == "NOT_STARTED" and call.now >= row.created + DELAY:
        # Whoever was to do it is gone: a Garrison stopped in between.
        row = carry_out(tx, row, call.now)
    answer: dict[str, Any] = {"Status": row.body.status}
    if row.body.reason is not None:
        reason: dict[str, Any] = {"Reason": row.body.reason}
        if row.body.usage:
            reason["RoleUsageList"] = [
                {"Region": usage.region, "Resources": list(usage.resources)} for usage in row.body.usage
            ]
        answer["Reason"] = reason
    return answer


def carry_out(tx: Transaction, row: Resource[DeletionTask], now: float) -> Resource[DeletionTask]:
    """Delete the role of a task, unless its service still needs it."""
    task = row.body
    role = tx.by_id(ROLE, task.role_id)
    usage: tuple[Usage, ...] = ()
    if role is not None:
        principal = role.body.path.strip("/").rpartition("/")[2]
        provider = _providers.get(principal)
        usage = () if provider is None else provider(tx, role.account, role.name)
    if usage:
        done = msgspec.structs.replace(
            task, status="FAILED", reason="The role is still in use by the service it is linked to.", usage=usage
        )
    else:
        if role is not None:
            for link in tx.targets(ATTACHED, role.id):
                tx.unlink(ATTACHED, role.id, link.target)
            tx.delete(role)
            tx.bump(EPOCH, role.account)
        done = msgspec.structs.replace(task, status="SUCCEEDED")
    tx.delete_lookup(DELETION_TASK.name, task.role_id)
    return tx.update(row, done, updated=now)


def finish(runtime: Runtime, task_id: str) -> None:
    """Carry out a task that has not been. Blocks until it is written: not for the event loop."""

    def work(tx: Transaction) -> None:
        row = tx.by_id(DELETION_TASK, task_id)
        if row is not None and row.body.status == "NOT_STARTED":
            carry_out(tx, row, runtime.clock.now())

    runtime.store.writing(work)
