"""What an administrator has set for its organization, and accounts that get GuardDuty by it.

Source: API reference, `UpdateOrganizationConfiguration`: NEW accounts as they join, or ALL, or NONE; per plan alike.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access import organization
from garrison.access.accounts import account as account_row
from garrison.aws.partitions import partition_of
from garrison.services.guardduty import features, ties
from garrison.services.guardduty.detectors import SERVICE, make, of, replace
from garrison.services.guardduty.resources import DETECTOR, DETECTORS, Detector
from garrison.services.guardduty.standing import ENABLED, MEMBER, Member, administered_by
from garrison.store import Reader, Resource, Transaction

NEW, ALL, NONE = "NEW", "ALL", "NONE"
KEPT = "the auto-enable configuration of the organization is set to ALL."


def members_setting(detector: Resource[Detector]) -> str:
    """`NEW`, `ALL` or `NONE`."""
    return str(detector.body.organization.get("AutoEnableOrganizationMembers", NONE))


def plans_setting(detector: Resource[Detector]) -> list[dict[str, Any]]:
    """`Features` as they were set."""
    return list(detector.body.organization.get("Features", ()))


def keeps_all(detector: Resource[Detector]) -> bool:
    """Whether no member of the organization may be left out."""
    return members_setting(detector) == ALL


def administers(reader: Reader, account: str) -> bool:
    """Whether an account is GuardDuty's administrator of its organization."""
    return account in organization.administrators(reader, account, SERVICE)


def accounts_of(reader: Reader, account: str) -> list[str]:
    """Every active account of the organization an account belongs to; none if it stands alone."""
    found = organization.delegation()
    return [] if found is None else list(found.accounts(reader, account))


def organization_of(reader: Reader, detector: Resource[Detector]) -> dict[str, str]:
    """The other accounts of the organization a detector's account administers, and their addresses; else none."""
    if not administers(reader, detector.account):
        return {}
    others = [one for one in accounts_of(reader, detector.account) if one != detector.account]
    return {one: _email(reader, one) for one in others}


def _email(reader: Reader, account: str) -> str:
    row = account_row(reader, account)
    return "" if row is None else row.body.email


def enroll(
    tx: Transaction, partition: str, administrator: Resource[Detector], account: str, email: str, *, now: float
) -> None:
    """Make an account of the organization a member, with GuardDuty enabled as the organization wants it."""
    region = administrator.region
    theirs = of(tx, account, region)
    if theirs is None:
        make(tx, partition, account, region, Detector(True, features.initial(now), started=now), now=now)
    elif not theirs.body.enabled:
        replace(tx, partition, theirs, msgspec.structs.replace(theirs.body, enabled=True), now=now)
    former = administered_by(tx, account, region)
    if former is not None and former.name != administrator.account:
        member = ties.member_of(tx, former)
        if member is not None:
            ties.cut(tx, member, "Removed", now=now)
    ties.bind(tx, administrator.account, region, account, Member(email, ENABLED, by_organization=True), now=now)
    equip(tx, partition, administrator, account, now=now, new=True)


def equip(
    tx: Transaction, partition: str, administrator: Resource[Detector], account: str, *, now: float, new: bool
) -> None:
    """Enable the plans that the organization enables for all members, or for new ones."""
    row = of(tx, account, administrator.region)
    if row is None:
        return
    wanted = (ALL, NEW) if new else (ALL,)
    named = [
        {
            "Name": one["Name"],
            "Status": "ENABLED",
            "AdditionalConfiguration": [
                {"Name": sub["Name"], "Status": "ENABLED"}
                for sub in one.get("AdditionalConfiguration") or ()
                if sub.get("AutoEnable") in wanted
            ],
        }
        for one in plans_setting(administrator)
        if one.get("AutoEnable") in wanted
    ]
    if named:
        plans = features.applied(row.body.features, named, now)
        if plans != row.body.features:
            replace(tx, partition, row, msgspec.structs.replace(row.body, features=plans), now=now)


def _administrators(reader: Reader, account: str) -> list[Resource[Detector]]:
    """The detectors, in every region, of the administrator of an account's organization."""
    accounts = organization.administrators(reader, account, SERVICE)
    rows = [reader.by_id(DETECTOR, link.target) for link in reader.targets(DETECTORS, DETECTORS)]
    return [row for row in rows if row is not None and row.account in accounts]


def _joined(tx: Transaction, account: str, now: float) -> None:
    for row in _administrators(tx, account):
        if members_setting(row) in (NEW, ALL) and row.account != account:
            enroll(tx, partition_of(row.region) or "aws", row, account, _email(tx, account), now=now)


def _leaving(tx: Transaction, account: str, now: float) -> None:
    for row in _administrators(tx, account):
        member = tx.get(MEMBER, row.account, account, region=row.region)
        if member is not None and member.body.by_organization:
            ties.cut(tx, member, None, now=now)


organization.on_join(_joined)
organization.on_leave(_leaving)
