"""How Inspector scans: rescans of images, hosts, machine images, and the paths of deep inspection.

Source: API reference, GetConfiguration, UpdateConfiguration, GetEc2DeepInspectionConfiguration, ... A member's settings
follow its administrator's only where it asks so; here each account has its own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.inspector2 import administration
from garrison.services.inspector2.accounts import member_may_not
from garrison.services.inspector2.errors import denied, no_access, not_found
from garrison.services.inspector2.members import administrator
from garrison.services.inspector2.resources import Account
from garrison.services.inspector2.state import account, keep, needed
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

_ECR = {"rescanDuration": "LIFETIME", "pullDateRescanDuration": "DAYS_90", "pullDateRescanMode": "LAST_PULL_DATE"}
_EC2 = {"scanMode": "EC2_HYBRID"}
"""What holds as long as nothing is set. The numbers are recalled."""


def _account(call: Call, reader: Reader) -> str:
    """The account that is meant. Raises `AccessDeniedException` for one the caller has nothing to say in."""
    id: str = call.params.get("accountId") or call.account
    if id != call.account and id not in administration.members(reader, call.account, call.region):
        raise denied(no_access())
    return id


@operation("inspector2", "GetConfiguration", access="read")
def get_configuration(call: Call, reader: Reader) -> dict[str, Any]:
    body = account(reader, _account(call, reader), call.region)
    if not body.enabled:
        raise not_found("Inspector is not enabled in the account.")
    ecr = {**_ECR, "status": "SUCCESS", "updatedAt": min(body.enabled.values()), **body.ecr}
    ec2 = {**_EC2, **body.ec2}
    answer: dict[str, Any] = {
        "ecrConfiguration": {"rescanDurationState": ecr},
        "ec2Configuration": {"scanModeState": {"scanMode": ec2["scanMode"], "scanModeStatus": "SUCCESS"}},
    }
    if "activateVMScanner" in ec2:
        state = {"activated": ec2["activateVMScanner"], "activatedAt": ec2["updatedAt"], "status": "SUCCESS"}
        answer["ec2Configuration"]["vmScannerState"] = state
    if body.ami:
        answer["amiConfiguration"] = {**body.ami, "status": "SUCCESS"}
    return answer


@operation("inspector2", "UpdateConfiguration", access="write")
def update_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    id = _account(call, tx)
    if id == call.account:
        member_may_not(call, tx, "change the configuration")
    body = account(tx, id, call.region)
    if not body.enabled:
        raise denied("Invoking account is not enabled.")
    more: dict[str, Any] = {}
    for member, kept in (("ecrConfiguration", "ecr"), ("ec2Configuration", "ec2"), ("amiConfiguration", "ami")):
        if member in call.params:
            more[kept] = {**getattr(body, kept), **call.params[member], "updatedAt": call.now}
    keep(tx, id, call.region, msgspec.structs.replace(body, **more), now=call.now)
    return {}


def deep_inspection(reader: Reader, id: str, region: str) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    """Whether deep inspection is activated in an account, its paths, and its organization's."""
    body = account(reader, id, region)
    admin = administration.administrator_of(reader, id, region)
    shared = account(reader, admin, region).org_package_paths if admin is not None else body.org_package_paths
    return body.deep_inspection is not False, body.package_paths, shared


def _shown(call: Call, reader: Reader) -> dict[str, Any]:
    active, own, shared = deep_inspection(reader, call.account, call.region)
    return {
        "packagePaths": list(own),
        "orgPackagePaths": list(shared),
        "status": "ACTIVATED" if active else "DEACTIVATED",
    }


@operation("inspector2", "GetEc2DeepInspectionConfiguration", access="read")
def get_ec2_deep_inspection_configuration(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    return _shown(call, reader)


@operation("inspector2", "UpdateEc2DeepInspectionConfiguration", access="write")
def update_ec2_deep_inspection_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    body = needed(call, tx)
    more: dict[str, Any] = {}
    if "activateDeepInspection" in call.params:
        more["deep_inspection"] = call.params["activateDeepInspection"]
    if "packagePaths" in call.params:
        more["package_paths"] = tuple(dict.fromkeys(call.params["packagePaths"]))
    keep(tx, call.account, call.region, msgspec.structs.replace(body, **more), now=call.now)
    return _shown(call, tx)


@operation("inspector2", "UpdateOrgEc2DeepInspectionConfiguration", access="write")
def update_org_ec2_deep_inspection_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    body = needed(call, tx)
    administrator(call, tx)
    paths = tuple(dict.fromkeys(call.params["orgPackagePaths"]))
    keep(tx, call.account, call.region, msgspec.structs.replace(body, org_package_paths=paths), now=call.now)
    return {}


def _status(body: Account) -> str:
    return "DEACTIVATED" if body.deep_inspection is False else "ACTIVATED"


@operation("inspector2", "BatchGetMemberEc2DeepInspectionStatus", access="read")
def batch_get_member_ec2_deep_inspection_status(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    administrator(call, reader)
    members = administration.members(reader, call.account, call.region)
    shown, failed = [], []
    for id in dict.fromkeys(call.params.get("accountIds") or members):
        body = account(reader, id, call.region)
        if id not in members:
            failed.append({"accountId": id, "ec2ScanStatus": "DISABLED", "errorMessage": no_access()})
        elif "EC2" not in body.enabled:
            failed.append(
                {"accountId": id, "ec2ScanStatus": "DISABLED", "errorMessage": "EC2 scanning is not enabled."}
            )
        else:
            shown.append({"accountId": id, "status": _status(body)})
    return {"accountIds": shown, "failedAccountIds": failed}


@operation("inspector2", "BatchUpdateMemberEc2DeepInspectionStatus", access="write")
def batch_update_member_ec2_deep_inspection_status(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    administrator(call, tx)
    members = administration.members(tx, call.account, call.region)
    shown, failed = [], []
    for one in call.params["accountIds"]:
        id = one["accountId"]
        body = account(tx, id, call.region)
        if id not in members or "EC2" not in body.enabled:
            failed.append({"accountId": id, "ec2ScanStatus": "DISABLED", "errorMessage": no_access()})
            continue
        body = msgspec.structs.replace(body, deep_inspection=one["activateDeepInspection"])
        keep(tx, id, call.region, body, now=call.now)
        shown.append({"accountId": id, "status": _status(body)})
    return {"accountIds": shown, "failedAccountIds": failed}
