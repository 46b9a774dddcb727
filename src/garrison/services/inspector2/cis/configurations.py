"""CIS scan configurations."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.inspector2 import administration, criteria, due, quotas
from garrison.services.inspector2.accounts import member_may_not
from garrison.services.inspector2.arns import owned_arn
from garrison.services.inspector2.cis import schedule
from garrison.services.inspector2.cis.resources import CONFIGURATION, Configuration
from garrison.services.inspector2.cis.scans import start
from garrison.services.inspector2.errors import invalid, not_found, quota
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.state import needed
from garrison.services.inspector2.tags import given
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction


def arn_of(call: Call, row: Resource[Configuration]) -> str:
    """The configuration's ARN."""
    return owned_arn(call.partition, row.region, row.account, "cis-configuration", row.id)


def _load(call: Call, reader: Reader) -> Resource[Configuration]:
    arn = call.params["scanConfigurationArn"]
    row = reader.by_id(CONFIGURATION, arn.rpartition("/")[2])
    if row is None or row.account != call.account or arn_of(call, row) != arn or row.region != call.region:
        raise not_found("The CIS scan configuration does not exist.")
    return row


def _targets(call: Call, reader: Reader, given: dict[str, Any]) -> dict[str, Any]:
    """Raises `ValidationException` for accounts the caller has nothing to say in."""
    members = administration.members(reader, call.account, call.region)
    for id in given["accountIds"]:
        if id not in ("SELF", "ALL_ACCOUNTS", call.account, *members):
            raise invalid(f"{id} is not a member account.", "targets")
        if id == "ALL_ACCOUNTS" and administration.administrator(reader, call.account) != call.account:
            raise invalid("ALL_ACCOUNTS is for delegated administrators.", "targets")
    if not given["targetResourceTags"]:
        raise invalid("targetResourceTags must not be empty.", "targets")
    return given


@operation("inspector2", "CreateCisScanConfiguration", access="write")
def create_cis_scan_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    member_may_not(call, tx, "manage CIS scan configurations")
    params = call.params
    schedule.check(params["schedule"])
    if tx.count(CONFIGURATION, call.account, region=call.region) >= quotas.CIS_CONFIGURATIONS:
        raise quota(f"The quota of {quotas.CIS_CONFIGURATIONS} configurations has been reached.", call.account)
    body = Configuration(
        scan_name=params["scanName"],
        level=params["securityLevel"],
        schedule=params["schedule"],
        targets=_targets(call, tx, params["targets"]),
        tags=given(params.get("tags") or {}),
        next=schedule.following(params["schedule"], call.now),
    )
    id = str(uuid.uuid4())
    row = tx.insert(CONFIGURATION, call.account, id, body, id=id, region=call.region, created=call.now)
    if "oneTime" in body.schedule:
        start(tx, row, call.now)
    elif body.next is not None:
        due.at(tx, body.next, due.CIS, row.id)
    tx.bump("iam", call.account)
    return {"scanConfigurationArn": arn_of(call, row)}


@operation("inspector2", "UpdateCisScanConfiguration", access="write")
def update_cis_scan_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    member_may_not(call, tx, "manage CIS scan configurations")
    row = _load(call, tx)
    params, more = call.params, {}
    if "scanName" in params:
        more["scan_name"] = params["scanName"]
    if "securityLevel" in params:
        more["level"] = params["securityLevel"]
    if "targets" in params:
        more["targets"] = _targets(call, tx, {**row.body.targets, **params["targets"]})
    if "schedule" in params:
        schedule.check(params["schedule"])
        more |= {"schedule": params["schedule"], "next": schedule.following(params["schedule"], call.now)}
    row = tx.update(row, msgspec.structs.replace(row.body, **more), updated=call.now)
    if "schedule" in params:
        if "oneTime" in row.body.schedule:
            start(tx, row, call.now)
        elif row.body.next is not None:
            due.at(tx, row.body.next, due.CIS, row.id)
    return {"scanConfigurationArn": arn_of(call, row)}


@operation("inspector2", "DeleteCisScanConfiguration", access="write")
def delete_cis_scan_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    needed(call, tx)
    member_may_not(call, tx, "manage CIS scan configurations")
    row = _load(call, tx)
    arn = arn_of(call, row)
    tx.delete(row)
    tx.bump("iam", call.account)
    return {"scanConfigurationArn": arn}


@operation("inspector2", "ListCisScanConfigurations", access="read")
def list_cis_scan_configurations(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    wanted = call.params.get("filterCriteria") or {}
    rows = [
        row
        for row in reader.page(CONFIGURATION, call.account, region=call.region)
        if criteria.text((row.body.scan_name,), wanted.get("scanNameFilters") or ())
        and criteria.text((arn_of(call, row),), wanted.get("scanConfigurationArnFilters") or ())
        and criteria.tagged(row.body.targets["targetResourceTags"], wanted.get("targetResourceTagFilters"))
    ]
    by_arn = call.params.get("sortBy", "SCAN_NAME") == "SCAN_CONFIGURATION_ARN"
    some, rest = page(
        call,
        rows,
        key=lambda row: (arn_of(call, row) if by_arn else row.body.scan_name, row.id),
        default=100,
        descending=call.params.get("sortOrder") == "DESC",
    )
    return {"scanConfigurations": [_shown(call, row) for row in some], **rest}


def _shown(call: Call, row: Resource[Configuration]) -> dict[str, Any]:
    body = row.body
    return {
        "scanConfigurationArn": arn_of(call, row),
        "ownerId": row.account,
        "scanName": body.scan_name,
        "securityLevel": body.level,
        "schedule": body.schedule,
        "targets": body.targets,
        "tags": body.tags,
    }
