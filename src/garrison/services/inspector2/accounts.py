"""Enabling Inspector: per account and resource type, for oneself or, as delegated administrator, for members.

Source: API reference, Enable, Disable, BatchGetAccountStatus: what is asked for is ENABLING in the answer, and ENABLED
from the next call on. `errorCode` and `errorMessage` of a State are required even where nothing is wrong; what AWS says
there then is not documented.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from garrison.access import accounts as known_accounts
from garrison.access import organization
from garrison.access.call import Call
from garrison.access.roles import make_service_linked_role
from garrison.services.inspector2 import administration, settling
from garrison.services.inspector2.errors import denied, no_access
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import CODE, CODE_SCANNED_BY, FILTER, RESOURCE, SCANNED_BY, Account
from garrison.services.inspector2.state import MEMBERS, TYPES, account, keep
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

SLR = "inspector2.amazonaws.com"
_NEEDS = {"LAMBDA_CODE": "LAMBDA"}
"""A resource type that works only together with another."""


def _state(body: Account, moving: dict[str, str] | None = None) -> dict[str, str]:
    """Member -> status of each resource type; `moving`: those that are on their way."""
    on = {member: "ENABLED" if type in body.enabled else "DISABLED" for type, member in MEMBERS.items()}
    return on | (moving or {})


def _overall(states: dict[str, str]) -> str:
    for one in ("ENABLING", "DISABLING", "ENABLED"):
        if one in states.values():
            return one
    return "DISABLED"


def _mine(call: Call, reader: Reader, account: str) -> bool:
    """Whether the caller may act for the account: its own, or a member's."""
    return account == call.account or account in administration.members(reader, call.account, call.region)


def _accounts(call: Call) -> Sequence[str]:
    given = call.params.get("accountIds") or [call.account]
    return tuple(dict.fromkeys(given))


def _failed(id: str, code: str, text: str) -> dict[str, Any]:
    return {"accountId": id, "errorCode": code, "errorMessage": text}


def _each(call: Call, tx: Transaction, act: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    done, failed = [], []
    for id in _accounts(call):
        if _mine(call, tx, id) or (call.operation == "Enable" and _of_organization(call, tx, id)):
            done.append(act(id))
        else:
            failed.append(_failed(id, "ACCESS_DENIED", no_access()))
    return {"accounts": done, "failedAccounts": failed}


def _of_organization(call: Call, reader: Reader, id: str) -> bool:
    """A delegated administrator may enable any account of its organization; it becomes a member by that."""
    if administration.administrator(reader, call.account) != call.account:
        return False
    found = organization.delegation()
    return found is not None and id in found.accounts(reader, call.account)


@operation("inspector2", "Enable", access="write")
def enable(call: Call, tx: Transaction) -> dict[str, Any]:
    types = list(dict.fromkeys(call.params["resourceTypes"]))

    def act(id: str) -> dict[str, Any]:
        body = account(tx, id, call.region)
        wanted = [*types, *(_NEEDS[t] for t in types if t in _NEEDS)]
        new = [type for type in dict.fromkeys(wanted) if type not in body.enabled]
        switch_on(tx, call.partition, id, call.region, new, now=call.now)
        if id != call.account:
            administration.take_in(tx, call.account, call.region, id, now=call.now)
        states = _state(account(tx, id, call.region), {MEMBERS[type]: "ENABLING" for type in new})
        return {"accountId": id, "status": _overall(states), "resourceStatus": states}

    return _each(call, tx, act)


def switch_on(tx: Transaction, partition: str, id: str, region: str, types: Sequence[str], *, now: float) -> None:
    """These resource types of an account are looked at from now on."""
    body = account(tx, id, region)
    since = dict.fromkeys(types, now)
    if not body.enabled:
        make_service_linked_role(tx, partition, id, SLR, now=now)
    body = msgspec.structs.replace(body, enabled={**body.enabled, **since}, trials={**since, **body.trials})
    keep(tx, id, region, body, now=now)


@operation("inspector2", "Disable", access="write")
def disable(call: Call, tx: Transaction) -> dict[str, Any]:
    given = call.params.get("resourceTypes") or list(TYPES)

    def act(id: str) -> dict[str, Any]:
        body = account(tx, id, call.region)
        going = [t for t in body.enabled if t in given or _NEEDS.get(t) in given]
        switch_off(tx, id, call.region, going, now=call.now)
        states = _state(account(tx, id, call.region), {MEMBERS[type]: "DISABLING" for type in going})
        return {"accountId": id, "status": _overall(states), "resourceStatus": states}

    if administration.administrator(tx, call.account) == call.account and call.account in _accounts(call):
        left = administration.members(tx, call.account, call.region)
        if left and set(given) >= set(account(tx, call.account, call.region).enabled):
            failed = _failed(call.account, "DISASSOCIATE_ALL_MEMBERS", "Disassociate all members first.")
            others = [id for id in _accounts(call) if id != call.account]
            call.params["accountIds"] = others
            rest = _each(call, tx, act) if others else {"accounts": [], "failedAccounts": []}
            return {**rest, "failedAccounts": [*rest["failedAccounts"], failed]}
    return _each(call, tx, act)


def switch_off(tx: Transaction, id: str, region: str, types: Sequence[str], *, now: float) -> None:
    """Nothing of these resource types is looked at any more: their findings close, and are deleted a day later.

    With the last of them go the account's filters (user guide, "Deactivating Amazon Inspector").
    """
    body = account(tx, id, region)
    enabled = {type: since for type, since in body.enabled.items() if type not in types}
    keep(tx, id, region, msgspec.structs.replace(body, enabled=enabled), now=now)
    for row in tx.page(RESOURCE, id, region=region):
        if SCANNED_BY[row.body.type] in types:
            settling.close_all(tx, row, settling.DISABLED, now=now)
            tx.update(row, msgspec.structs.replace(row.body, database=""))
        elif CODE_SCANNED_BY.get(row.body.type) in types:
            settling.close_all(tx, row, settling.DISABLED, types=(CODE,), now=now)
    if not enabled:
        for saved in tx.page(FILTER, id, region=region):
            tx.delete(saved)


@operation("inspector2", "BatchGetAccountStatus", access="read")
def batch_get_account_status(call: Call, reader: Reader) -> dict[str, Any]:
    shown, failed = [], []
    for id in _accounts(call):
        if known_accounts.account(reader, id) is None or not (
            _mine(call, reader, id) or _of_organization(call, reader, id)
        ):
            failed.append(_failed(id, "ACCESS_DENIED", no_access()))
            continue
        states = _state(account(reader, id, call.region))
        shown.append(
            {
                "accountId": id,
                "state": _told(_overall(states)),
                "resourceState": {member: _told(status) for member, status in states.items()},
            }
        )
    return {"accounts": shown, "failedAccounts": failed}


def _told(status: str) -> dict[str, str]:
    # A guess: something has to stand there.
    code, text = (
        ("ALREADY_ENABLED", "Already enabled.") if status == "ENABLED" else ("RESOURCE_NOT_FOUND", "Not enabled.")
    )
    return {"status": status, "errorCode": code, "errorMessage": text}


@operation("inspector2", "ListAccountPermissions", access="read")
def list_account_permissions(call: Call, reader: Reader) -> dict[str, Any]:
    """What the caller's account may configure: a member's scanning is its administrator's to switch."""
    member = administration.administrator_of(reader, call.account, call.region) is not None
    operations = ("ENABLE_SCANNING",) if member else ("ENABLE_SCANNING", "DISABLE_SCANNING")
    found = [
        {"service": service, "operation": one}
        for service in ("EC2", "ECR", "LAMBDA")
        if service == call.params.get("service", service)
        for one in (*operations, *(("ENABLE_REPOSITORY", "DISABLE_REPOSITORY") if service == "ECR" else ()))
    ]
    shown, rest = page(call, found, key=lambda one: (one["service"], one["operation"]), default=1024)
    return {"permissions": shown, **rest}


@operation("inspector2", "BatchGetFreeTrialInfo", access="read")
def batch_get_free_trial_info(call: Call, reader: Reader) -> dict[str, Any]:
    """Trials of 15 days from when a resource type was first enabled. Source: Inspector pricing."""
    shown, failed = [], []
    for id in dict.fromkeys(call.params["accountIds"]):
        if not _mine(call, reader, id):
            failed.append({"accountId": id, "code": "ACCESS_DENIED", "message": no_access()})
            continue
        shown.append(
            {
                "accountId": id,
                "freeTrialInfo": [
                    {
                        "type": type,
                        "start": start,
                        "end": start + 15 * settling.DAY,
                        "status": "ACTIVE" if call.now < start + 15 * settling.DAY else "INACTIVE",
                    }
                    for type, start in account(reader, id, call.region).trials.items()
                ],
            }
        )
    return {"accounts": shown, "failedAccounts": failed}


def member_may_not(call: Call, reader: Reader, what: str) -> None:
    """Raise `AccessDeniedException` where the delegated administrator alone decides."""
    if administration.administrator_of(reader, call.account, call.region) is not None:
        raise denied(f"Member accounts cannot {what}: the delegated administrator does.")
