"""Attacks: what was detected, when, by whom, and what was done about it.

Source: API reference, ListAttacks (works without a subscription), DescribeAttack, DescribeAttackStatistics (the year
before today; without attacks one item that counts none).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.services.shield.errors import invalid
from garrison.services.shield.paging import page
from garrison.services.shield.resources import ATTACK, Attack
from garrison.store import Reader, Resource

_YEAR = 365 * 86_400
_DAY = 86_400
_VOLUMES = {
    "bits per second": "BitsPerSecond",
    "packets per second": "PacketsPerSecond",
    "requests per second": "RequestsPerSecond",
}
"""Unit of an attack's counter -> the member of `AttackVolume`."""


@operation("shield", "ListAttacks", access="read")
def list_attacks(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    arns = params.get("ResourceArns")
    rows = [
        row
        for row in reader.page(ATTACK, call.account)
        if (not arns or row.body.resource in arns)
        and _within(params.get("StartTime"), row.body.started)
        and _within(params.get("EndTime"), row.body.ended)
    ]
    some, rest = page(call, rows, key=lambda row: f"{row.body.started:017.6f}/{row.id}")
    return {"AttackSummaries": [_summary(row) for row in some], **rest}


def _within(span: Mapping[str, float] | None, when: float | None) -> bool:
    if span is None:
        return True
    start, end = span.get("FromInclusive", float("-inf")), span.get("ToExclusive", float("inf"))
    if start > end:
        raise invalid("FromInclusive must not be after ToExclusive.", "TimeRange")
    return when is not None and start <= when < end


def _summary(row: Resource[Attack]) -> dict[str, Any]:
    body = row.body
    return {
        "AttackId": row.id,
        "ResourceArn": body.resource,
        "StartTime": body.started,
        **({} if body.ended is None else {"EndTime": body.ended}),
        "AttackVectors": [{"VectorType": name} for name in body.vectors],
    }


@operation("shield", "DescribeAttack", access="read")
def describe_attack(call: Call, reader: Reader) -> dict[str, Any]:
    row = reader.by_id(ATTACK, call.params["AttackId"])
    if row is None or row.account != call.account:
        # The model lists no other error for an attack that is not there.
        raise AwsError("AccessDeniedException", "The attack does not exist or is not yours to see.", status=400)
    body = row.body
    ended = {} if body.ended is None else {"EndTime": body.ended}
    return {
        "Attack": {
            "AttackId": row.id, "ResourceArn": body.resource, "StartTime": body.started, **ended, **body.detail,
        }
    }  # fmt: skip


@operation("shield", "DescribeAttackStatistics", access="read")
def describe_attack_statistics(call: Call, reader: Reader) -> dict[str, Any]:
    end = call.now // _DAY * _DAY
    start = end - _YEAR
    rows = [row for row in reader.page(ATTACK, call.account) if start <= row.body.started < call.now]
    span = {"FromInclusive": start, "ToExclusive": end}
    largest: dict[str, float] = {}
    counted: dict[str, int] = {}
    for row in rows:
        for counter in row.body.detail.get("AttackCounters", ()):
            member = _VOLUMES.get(str(counter.get("Unit", "")).lower())
            if member is not None:
                largest[member] = max(largest.get(member, 0.0), float(counter["Max"]))
                counted[member] = counted.get(member, 0) + 1
    items: list[dict[str, Any]] = [
        {"AttackVolume": {member: {"Max": most}}, "AttackCount": counted[member]} for member, most in largest.items()
    ]
    return {"TimeRange": span, "DataItems": items or [{"AttackCount": len(rows)}]}
