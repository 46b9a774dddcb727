"""Creating accounts: asked for at once, done a moment later.

A request is stored `IN_PROGRESS` and finished by a timer of the process that took it; one that process could not finish
(it was stopped) is finished by whichever process is next asked about creations. Finishing twice is not possible: it
happens in a transaction that looks at the state first.
"""

from __future__ import annotations

import json
import logging
import threading
from functools import partial
from typing import Any

import msgspec

from garrison.access.accounts import ACCOUNT, ACCOUNTS, account, by_email, create_account
from garrison.access.call import Call
from garrison.access.roles import make_role, make_service_linked_role
from garrison.access.runtime import Runtime
from garrison.services.operation import operation
from garrison.services.organizations import ids, quotas, tags
from garrison.services.organizations.accounts import join
from garrison.services.organizations.errors import constraint, invalid, not_found, too_many_accounts
from garrison.services.organizations.handshakes import open_invitations
from garrison.services.organizations.organization import SERVICE
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import (
    CREATION,
    MEMBER,
    NAME,
    ORGANIZATION,
    Creation,
    Member,
    Organization,
)
from garrison.services.organizations.standing import management, viewer
from garrison.store import Reader, Resource, Transaction

_log = logging.getLogger(__name__)

SECONDS = 0.5
"""How long a request is in progress. AWS takes up to minutes."""
ACCESS_ROLE = "OrganizationAccountAccessRole"


def _shown(row: Resource[Creation]) -> dict[str, Any]:
    body = row.body
    answer: dict[str, Any] = {
        "Id": row.id,
        "AccountName": body.account_name,
        "State": body.state,
        "RequestedTimestamp": body.requested,
    }
    further = {"CompletedTimestamp": body.completed, "AccountId": body.account, "FailureReason": body.failure}
    return answer | {name: value for name, value in further.items() if value is not None}


@operation("organizations", "CreateAccount", access="write")
def create_account_(call: Call, tx: Transaction) -> dict[str, Any]:
    org = management(call, tx)
    params = call.params
    role = params.get("RoleName") or ACCESS_ROLE
    if role.startswith("AWSServiceRoleFor"):
        raise invalid("INVALID_ROLE_NAME", "A role name can't begin with the reserved prefix AWSServiceRoleFor.")
    given = tags.given(call)
    pending = [row for row in tx.page(CREATION, org.account) if row.body.state == "IN_PROGRESS"]
    if len(pending) >= quotas.CREATIONS_AT_ONCE:
        raise constraint(
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
            "You attempted to exceed the number of accounts that can be in progress at a time.",
        )
    if _accounts(call, tx, org) + len(pending) >= quotas.accounts(call.runtime):
        raise constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", too_many_accounts())
    body = Creation(
        organization=org.id,
        account_name=params["AccountName"],
        email=params["Email"],
        role_name=role,
        requested=call.now,
        tags=given,
    )
    id = ids.creation_id()
    row = tx.insert(CREATION, org.account, id, body, id=id, created=call.now)
    _finish_soon(call.runtime, SECONDS)
    return {"CreateAccountStatus": _shown(row)}


@operation("organizations", "CreateGovCloudAccount", access="write")
def create_gov_cloud_account(call: Call, tx: Transaction) -> dict[str, Any]:
    management(call, tx)
    # A Garrison is of one partition, so no management account in it is paired with one in GovCloud.
    raise constraint(
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        "The management account must have an associated account in the AWS GovCloud (US-West) Region.",
    )


@operation("organizations", "DescribeCreateAccountStatus", access="read")
def describe_create_account_status(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    row = reader.by_id(CREATION, call.params["CreateAccountRequestId"])
    if row is None or row.account != org.account:
        raise not_found("CreateAccountStatus", "a create account request")
    _see_to(call, [row])
    return {"CreateAccountStatus": _shown(row)}


@operation("organizations", "ListCreateAccountStatus", access="read")
def list_create_account_status(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    wanted = call.params.get("States")
    rows = reader.page(CREATION, org.account)
    _see_to(call, rows)
    kept = [row for row in rows if not wanted or row.body.state in wanted]
    shown, rest = page(call, kept, key=lambda row: row.id)
    return {"CreateAccountStatuses": [_shown(row) for row in shown], **rest}


def _accounts(call: Call, reader: Reader, org: Resource[Organization]) -> int:
    """How many accounts count: members, closed ones too, and those invited."""
    return reader.count(MEMBER, org.account, parent=None) + len(open_invitations(reader, org, call.now))


def _see_to(call: Call, rows: list[Resource[Creation]]) -> None:
    """Finish what nobody finished in time."""
    late = call.now - SECONDS - 1
    if any(row.body.state == "IN_PROGRESS" and row.body.requested < late for row in rows):
        _finish_soon(call.runtime, 0)


def _finish_soon(runtime: Runtime, seconds: float) -> None:
    timer = threading.Timer(seconds, _finish_in_time, args=(runtime,))
    timer.name, timer.daemon = "create-account", True
    timer.start()


def _finish_in_time(runtime: Runtime) -> None:
    try:
        finish(runtime)
    except Exception:
        # What could not be finished stays in progress, until somebody asks about it.
        _log.exception("accounts were not created")


def finish(runtime: Runtime) -> int:
    """Create the accounts whose time has come, in every organization; how many requests were finished.

    Blocks until written: not for the event loop.
    """
    now = runtime.clock.now()
    with runtime.store.reading() as reader:
        due = [row.id for org in _organizations(reader) for row in _due(reader, org, now)]
    return sum(runtime.store.writing(partial(_finish_one, runtime, id, now)) for id in due)


def _organizations(reader: Reader) -> list[str]:
    return [row.id for row in reader.page(ACCOUNT, ACCOUNTS) if reader.get(ORGANIZATION, row.id, NAME) is not None]


def _due(reader: Reader, management_account: str, now: float) -> list[Resource[Creation]]:
    rows = reader.page(CREATION, management_account)
    return [row for row in rows if row.body.state == "IN_PROGRESS" and row.body.requested + SECONDS <= now]


def _finish_one(runtime: Runtime, id: str, now: float, tx: Transaction) -> bool:
    row = tx.by_id(CREATION, id)
    if row is None or row.body.state != "IN_PROGRESS":
        return False
    org = tx.get(ORGANIZATION, row.account, NAME)
    assert org is not None
    body = row.body
    failure = None
    made = None
    if by_email(tx, body.email) is not None:
        failure = "EMAIL_ALREADY_EXISTS"
    elif tx.count(MEMBER, org.account, parent=None) >= quotas.accounts(runtime):
        failure = "ACCOUNT_LIMIT_EXCEEDED"
    else:
        made = _create(runtime, tx, org, body, now)
    state = "SUCCEEDED" if failure is None else "FAILED"
    tx.update(row, msgspec.structs.replace(body, state=state, completed=now, account=made, failure=failure))
    return True


def _create(runtime: Runtime, tx: Transaction, org: Resource[Organization], body: Creation, now: float) -> str:
    number = ids.account_id()
    while account(tx, number) is not None:
        number = ids.account_id()
    create_account(tx, number, name=body.account_name, email=body.email, now=now)
    join(tx, org, number, Member(organization=org.id, method="CREATED", joined=now, tags=body.tags))
    partition = runtime.partition
    principal = {"AWS": f"arn:{partition}:iam::{org.account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    admin = f"arn:{partition}:iam::aws:policy/AdministratorAccess"
    make_role(tx, partition, number, body.role_name, trust, admin, now=now)
    make_service_linked_role(tx, partition, number, SERVICE, now=now)
    return number
