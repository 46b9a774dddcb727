"""GetUsageStatistics: what was really looked at in the last 30 days, and what it would cost at AWS.

The sensor counts events and bytes by day and source. Prices are those of the first tier in us-east-1 as recalled; they
are an estimate of a bill nobody sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from garrison.access.call import Call
from garrison.services.guardduty.detectors import load
from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.malware_scans import SCAN
from garrison.services.guardduty.paging import sorted_page
from garrison.services.guardduty.standing import owned, visible
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Transaction

DAYS = 30
TOP = 50
_KEPT = 200
"""Resources kept of one day and source, those with most."""
_GB = float(2**30)


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One day of one source. Row: named `DAY/FEATURE`, under the detector."""

    day: int
    """Days since 1970."""
    feature: str
    events: int = 0
    octets: int = 0
    resources: dict[str, tuple[int, int]] = {}
    """Resource -> its events and bytes."""


class Measured(NamedTuple):
    """What the sensor has looked at since it last said so."""

    events: int
    octets: int
    resources: Mapping[str, tuple[int, int]]


USAGE = owned(Kind("guardduty.usage", Usage))

_PER_EVENT = {
    "CLOUD_TRAIL": 4.00e-6,
    "S3_DATA_EVENTS": 0.80e-6,
    "EKS_AUDIT_LOGS": 1.60e-6,
    "RDS_DBI_PROTECTION_PROVISIONED": 0.0,
}
_PER_GB = {"FLOW_LOGS": 1.00, "DNS_LOGS": 1.00, "LAMBDA_NETWORK_LOGS": 1.00, "EBS_MALWARE_PROTECTION": 0.03}
_DATA_SOURCES = {
    "FLOW_LOGS": "FLOW_LOGS",
    "CLOUD_TRAIL": "CLOUD_TRAIL",
    "DNS_LOGS": "DNS_LOGS",
    "S3_DATA_EVENTS": "S3_LOGS",
    "EKS_AUDIT_LOGS": "KUBERNETES_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION": "EC2_MALWARE_SCAN",
}


def measured(tx: Transaction, detector_id: str, account: str, region: str, feature: str, found: Measured,
             *, now: float) -> None:  # fmt: skip
    """Add what was looked at to the day's count."""
    day = int(now // 86_400)
    name = f"{day}/{feature}"
    row = tx.get(USAGE, account, name, region=region, parent=detector_id)
    known = Usage(day, feature) if row is None else row.body
    resources = dict(known.resources)
    for resource, (events, octets) in found.resources.items():
        before = resources.get(resource, (0, 0))
        resources[resource] = (before[0] + events, before[1] + octets)
    top = dict(sorted(resources.items(), key=lambda one: one[1], reverse=True)[:_KEPT])
    body = Usage(day, feature, known.events + found.events, known.octets + found.octets, top)
    if row is None:
        tx.insert(
            USAGE, account, name, body,
            id=f"{detector_id}/{name}", region=region, parent=detector_id, created=now,
        )  # fmt: skip
        for old in tx.page(USAGE, account, region=region, parent=detector_id):
            if old.body.day < day - DAYS:
                tx.delete(old)
    else:
        tx.update(row, body, updated=now)


class _Cost(NamedTuple):
    account: str
    feature: str
    resource: str
    amount: float


def _amount(feature: str, events: int, octets: int) -> float:
    if feature in _PER_GB:
        return octets / _GB * _PER_GB[feature]
    return events * _PER_EVENT.get(feature, 0.0)


def _costs(call: Call, reader: Reader) -> list[_Cost]:
    """What the criteria mean, one by one: whole features, and their resources apart from them."""
    criteria = call.params["UsageCriteria"]
    sources, features = criteria.get("DataSources"), criteria.get("Features")
    if (not sources) == (not features):
        raise rejected("exactly one of dataSources and features must be provided in the usage criteria.")
    wanted = set(features or ()) | {name for name, source in _DATA_SOURCES.items() if source in (sources or ())}
    accounts = criteria.get("AccountIds")
    detector = load(call, reader)
    first = int(call.now // 86_400) - DAYS
    found = []
    for one in visible(reader, detector):
        if accounts and one.account not in accounts:
            continue
        for row in reader.page(USAGE, one.account, region=one.region, parent=one.id):
            body = row.body
            if body.day <= first or body.feature not in wanted:
                continue
            found.append(_Cost(one.account, body.feature, "", _amount(body.feature, body.events, body.octets)))
            for resource, (events, octets) in body.resources.items():
                found.append(_Cost(one.account, body.feature, resource, _amount(body.feature, events, octets)))
        if "EBS_MALWARE_PROTECTION" in wanted:
            for scan in reader.page(SCAN, one.account, region=one.region):
                if scan.body.started // 86_400 > first:
                    amount = _amount("EBS_MALWARE_PROTECTION", 0, scan.body.octets)
                    found += [
                        _Cost(one.account, "EBS_MALWARE_PROTECTION", at, amount) for at in ("", scan.body.resource)
                    ]
    return found


def _summed(costs: Iterable[_Cost], key: Callable[[_Cost], str]) -> list[tuple[str, float]]:
    """By descending amount."""
    sums: dict[str, float] = {}
    for one in costs:
        sums[key(one)] = sums.get(key(one), 0.0) + one.amount
    return sorted(sums.items(), key=lambda one: (-one[1], one[0]))


def _total(amount: float) -> dict[str, str]:
    return {"Amount": f"{amount:.10f}".rstrip("0").rstrip(".") or "0", "Unit": "USD"}


@operation("guardduty", "GetUsageStatistics", access="read")
def get_usage_statistics(call: Call, reader: Reader) -> dict[str, Any]:
    if call.params.get("Unit", "USD") != "USD":
        raise rejected("the input unit is not USD.")
    kind = call.params["UsageStatisticType"]
    costs = _costs(call, reader)
    whole = [one for one in costs if not one.resource]
    resources = call.params["UsageCriteria"].get("Resources")
    single = [one for one in costs if one.resource and (not resources or one.resource in resources)]
    if kind == "TOP_RESOURCES":
        top = _summed(single, lambda one: one.resource)[:TOP]
        return {"UsageStatistics": {"TopResources": [{"Resource": k, "Total": _total(v)} for k, v in top]}}
    if kind == "TOP_ACCOUNTS_BY_FEATURE":
        shown = [
            {
                "Feature": feature,
                "Accounts": [
                    {"AccountId": account, "Total": _total(amount)}
                    for account, amount in _summed([c for c in whole if c.feature == feature], lambda c: c.account)[
                        :TOP
                    ]
                ],
            }
            for feature in dict.fromkeys(one.feature for one in whole)
        ]
        return {"UsageStatistics": {"TopAccountsByFeature": shown}}
    some, key, member, name = _SUMS[kind]
    sums = _summed(whole if some == "whole" else single, key)
    page, rest = sorted_page(call, sums, key=lambda one: one[0])
    return {"UsageStatistics": {member: [{name: k, "Total": _total(v)} for k, v in page]}, **rest}


_SUMS: dict[str, tuple[str, Callable[[_Cost], str], str, str]] = {
    "SUM_BY_ACCOUNT": ("whole", lambda one: one.account, "SumByAccount", "AccountId"),
    "SUM_BY_DATA_SOURCE": (
        "whole", lambda one: _DATA_SOURCES.get(one.feature, one.feature), "SumByDataSource", "DataSource",
    ),
    "SUM_BY_FEATURES": ("whole", lambda one: one.feature, "SumByFeature", "Feature"),
    "SUM_BY_RESOURCE": ("single", lambda one: one.resource, "SumByResource", "Resource"),
}  # fmt: skip
