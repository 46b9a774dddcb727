"""The organization's administrator of GuardDuty, and what it sets for the organization's accounts.

Source: API reference of each operation; user guide, "Managing GuardDuty accounts with AWS Organizations": one
administrator for all regions, named by the management account alone.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.organization import Delegation, administrators, delegation
from garrison.services.guardduty import features, ties
from garrison.services.guardduty import organization_settings as settings
from garrison.services.guardduty.detectors import SERVICE, load, make, of, replace
from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.resources import Detector
from garrison.services.guardduty.standing import ASSOCIATED, MEMBER
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

_NOT_MANAGEMENT = "the current account is not the management account of an organization."


def _management(call: Call, reader: Reader) -> Delegation:
    found = delegation()
    if found is None or found.management(reader, call.account) != call.account:
        raise rejected(_NOT_MANAGEMENT)
    return found


@operation("guardduty", "EnableOrganizationAdminAccount", access="write")
def enable_organization_admin_account(call: Call, tx: Transaction) -> dict[str, Any]:
    found = _management(call, tx)
    account = call.params["AdminAccountId"]
    if account not in found.accounts(tx, call.account):
        raise rejected("the input adminAccountId is not an account of the organization.")
    there = administrators(tx, call.account, SERVICE)
    if there and account not in there:
        raise rejected("the organization already has a delegated administrator account for GuardDuty.")
    if there and of(tx, account, call.region) is not None:
        raise rejected("the input adminAccountId is already enabled as the GuardDuty delegated administrator.")
    found.delegate(tx, account, SERVICE, now=call.now)
    if of(tx, account, call.region) is None:
        body = Detector(True, features.initial(call.now), started=call.now)
        make(tx, call.partition, account, call.region, body, now=call.now)
    return {}


@operation("guardduty", "DisableOrganizationAdminAccount", access="write")
def disable_organization_admin_account(call: Call, tx: Transaction) -> dict[str, Any]:
    found = _management(call, tx)
    account = call.params["AdminAccountId"]
    if account not in administrators(tx, call.account, SERVICE):
        raise rejected("the input adminAccountId is not the GuardDuty delegated administrator of the organization.")
    found.withdraw(tx, account, SERVICE)
    row = of(tx, account, call.region)
    if row is not None:
        for member in tx.page(MEMBER, account, region=call.region):
            if member.body.by_organization:
                ties.cut(tx, member, None, now=call.now)
        replace(tx, call.partition, row, msgspec.structs.replace(row.body, organization={}), now=call.now)
    return {}


@operation("guardduty", "ListOrganizationAdminAccounts", access="read")
def list_organization_admin_accounts(call: Call, reader: Reader) -> dict[str, Any]:
    _management(call, reader)
    shown, rest = page(call, administrators(reader, call.account, SERVICE), key=str)
    return {"AdminAccounts": [{"AdminAccountId": one, "AdminStatus": "ENABLED"} for one in shown], **rest}


def _administrator(call: Call, reader: Reader) -> Resource[Detector]:
    row = load(call, reader)
    if not settings.administers(reader, row.account):
        raise rejected("the current account is not the GuardDuty delegated administrator of its organization.")
    return row


@operation("guardduty", "DescribeOrganizationConfiguration", access="read")
def describe_organization_configuration(call: Call, reader: Reader) -> dict[str, Any]:
    row = _administrator(call, reader)
    plans = settings.plans_setting(row)
    on = {one["Name"]: one.get("AutoEnable") in ("NEW", "ALL") for one in plans}
    wanted = settings.members_setting(row)
    volumes = {"EbsVolumes": {"AutoEnable": on.get("EBS_MALWARE_PROTECTION", False)}}
    return {
        "AutoEnable": wanted != settings.NONE,
        "AutoEnableOrganizationMembers": wanted,
        "MemberAccountLimitReached": False,
        "DataSources": {
            "S3Logs": {"AutoEnable": on.get("S3_DATA_EVENTS", False)},
            "Kubernetes": {"AuditLogs": {"AutoEnable": on.get("EKS_AUDIT_LOGS", False)}},
            "MalwareProtection": {"ScanEc2InstanceWithFindings": volumes},
        },
        "Features": plans,
    }


@operation("guardduty", "UpdateOrganizationConfiguration", access="write")
def update_organization_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _administrator(call, tx)
    params = call.params
    if "AutoEnable" in params and "AutoEnableOrganizationMembers" in params:
        raise rejected("only one of autoEnable and autoEnableOrganizationMembers can be provided.")
    if params.get("Features") and params.get("DataSources"):
        raise rejected("both dataSources and features were provided. You can provide only one of them.")
    wanted = params.get("AutoEnableOrganizationMembers", settings.members_setting(row))
    if "AutoEnable" in params:
        wanted = settings.NEW if params["AutoEnable"] else settings.NONE
    plans = {one["Name"]: one for one in settings.plans_setting(row)}
    for one in params.get("Features") or _of_data_sources(params.get("DataSources") or {}):
        before = plans.get(one["Name"], {})
        subs = {sub["Name"]: sub for sub in before.get("AdditionalConfiguration") or ()}
        subs |= {sub["Name"]: sub for sub in one.get("AdditionalConfiguration") or ()}
        plans[one["Name"]] = {**before, **one, "AdditionalConfiguration": list(subs.values())}
    both = [plans.get(name, {}).get("AutoEnable") for name in ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")]
    if all(one in ("NEW", "ALL") for one in both):
        raise rejected("only one of EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can be enabled.")
    kept = {"AutoEnableOrganizationMembers": wanted, "Features": list(plans.values())}
    replace(tx, call.partition, row, msgspec.structs.replace(row.body, organization=kept), now=call.now)
    row = load(call, tx)
    if wanted == settings.ALL:
        for account, email in settings.organization_of(tx, row).items():
            member = tx.get(MEMBER, row.account, account, region=row.region)
            if member is None or member.body.status not in ASSOCIATED:
                settings.enroll(tx, call.partition, row, account, email, now=call.now)
    for member in tx.page(MEMBER, row.account, region=row.region):
        if member.body.status in ASSOCIATED:
            settings.equip(tx, call.partition, row, member.name, now=call.now, new=False)
    return {}


def _of_data_sources(given: dict[str, Any]) -> list[dict[str, Any]]:
    """The older form as features; what it enables, it enables for new accounts."""
    volumes = given.get("MalwareProtection", {}).get("ScanEc2InstanceWithFindings", {}).get("EbsVolumes", {})
    found = {
        "S3_DATA_EVENTS": given.get("S3Logs", {}).get("AutoEnable"),
        "EKS_AUDIT_LOGS": given.get("Kubernetes", {}).get("AuditLogs", {}).get("AutoEnable"),
        "EBS_MALWARE_PROTECTION": volumes.get("AutoEnable"),
    }
    return [{"Name": name, "AutoEnable": "NEW" if on else "NONE"} for name, on in found.items() if on is not None]


@operation("guardduty", "GetOrganizationStatistics", access="read")
def get_organization_statistics(call: Call, reader: Reader) -> dict[str, Any]:
    if not settings.administers(reader, call.account):
        raise rejected("the current account is not the GuardDuty delegated administrator of its organization.")
    accounts = settings.accounts_of(reader, call.account)
    rows = [of(reader, account, call.region) for account in accounts]
    on = [row for row in rows if row is not None and row.body.enabled]
    members = reader.page(MEMBER, call.account, region=call.region)
    tied = [one for one in members if one.body.status in ASSOCIATED]
    counts: dict[str, int] = {}
    subs: dict[str, dict[str, int]] = {}
    for row in on:
        for plan in row.body.features:
            counts[plan.name] = counts.get(plan.name, 0) + plan.enabled
            for sub in plan.additional:
                kept = subs.setdefault(plan.name, {})
                kept[sub.name] = kept.get(sub.name, 0) + (plan.enabled and sub.enabled)
    features_shown = [
        {
            "Name": name,
            "EnabledAccountsCount": count,
            "AdditionalConfiguration": [
                {"Name": sub, "EnabledAccountsCount": n} for sub, n in subs.get(name, {}).items()
            ],
        }
        for name, count in counts.items()
        if name != "AI_ANALYST"
    ]
    return {
        "OrganizationDetails": {
            "UpdatedAt": call.now,
            "OrganizationStatistics": {
                "TotalAccountsCount": len(accounts),
                "MemberAccountsCount": len(tied),
                "ActiveAccountsCount": sum(one.body.status == "Enabled" for one in tied),
                "EnabledAccountsCount": len(on),
                "CountByFeature": features_shown,
            },
        }
    }
