"""Protection plans of members, read and set by their administrator; what is left of a free trial."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.guardduty import features
from garrison.services.guardduty.detectors import load, of, replace
from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.members import NOT_MEMBER, administrator, each, find
from garrison.services.guardduty.resources import Detector
from garrison.services.guardduty.standing import ASSOCIATED
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

TRIAL_DAYS = 30


def _theirs(reader: Reader, detector: Resource[Detector], account: str) -> Resource[Detector] | None:
    member = find(reader, detector, account)
    if member is None or member.body.status not in ASSOCIATED:
        return None
    return of(reader, account, detector.region)


@operation("guardduty", "GetMemberDetectors", access="read")
def get_member_detectors(call: Call, reader: Reader) -> dict[str, Any]:
    detector = load(call, reader)
    found: list[dict[str, Any]] = []

    def get(account: str) -> str | None:
        row = _theirs(reader, detector, account)
        if row is None:
            return NOT_MEMBER
        found.append(
            {
                "AccountId": account,
                "DataSources": features.data_sources(row.body, ""),
                "Features": features.shown(row.body, row.created),
            }
        )
        return None

    told = each(call.params["AccountIds"], get)
    return {"MemberDataSourceConfigurations": found, **told}


@operation("guardduty", "UpdateMemberDetectors", access="write")
def update_member_detectors(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = administrator(call, tx)
    given = features.given(call.params)
    if not given:
        raise rejected("neither dataSources nor features were provided.")

    def update(account: str) -> str | None:
        row = _theirs(tx, detector, account)
        if row is None:
            return NOT_MEMBER
        plans = features.applied(row.body.features, given, call.now)
        replace(tx, call.partition, row, msgspec.structs.replace(row.body, features=plans), now=call.now)
        return None

    return each(call.params["AccountIds"], update)


@operation("guardduty", "GetRemainingFreeTrialDays", access="read")
def get_remaining_free_trial_days(call: Call, reader: Reader) -> dict[str, Any]:
    detector = load(call, reader)
    accounts: list[dict[str, Any]] = []

    def get(account: str) -> str | None:
        row = detector if account == detector.account else _theirs(reader, detector, account)
        if row is None:
            return NOT_MEMBER
        accounts.append({"AccountId": account, "Features": _trials(row, call.now)})
        return None

    asked = call.params.get("AccountIds") or [detector.account]
    return {**each(asked, get), "Accounts": accounts}


def _trials(row: Resource[Detector], now: float) -> list[dict[str, Any]]:
    """Days left of each plan's trial: 30 from when the detector, or the plan, was first enabled."""

    def left(since: float) -> int:
        return max(0, math.ceil(TRIAL_DAYS - (now - since) / 86_400)) if since else TRIAL_DAYS

    always = [{"Name": name, "FreeTrialDaysRemaining": left(row.body.started)} for name in features.FOUNDATIONAL]
    return always + [
        {"Name": one.name, "FreeTrialDaysRemaining": left(one.updated)} for one in row.body.features if one.enabled
    ]
