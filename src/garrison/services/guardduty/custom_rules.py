"""Custom detection rules: read them, and associate them with an account so that they run.

Source: API reference of each operation. A rule is associated once in an account and region; a dry run ends 14 days
after it was begun. Which errors are given for what is a guess where the reference names only their kinds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.detect.custom import CustomRule, own_rules, rules
from garrison.detect.custom.rules import LANGUAGE, SCHEMA, SOURCE
from garrison.services.guardduty import detectors, tags
from garrison.services.guardduty.errors import conflict, not_found, rejected
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.standing import owned
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Kind, Reader, Resource, Transaction

LIVE, DRY_RUN = "LIVE", "DRY_RUN"
DRY_SECONDS = 14 * 86_400
MOST = 100
_SINCE = 1_764_201_600.0
"""When these rules were written (2025-11-27)."""
_FIELDS = {
    "name": "name",
    "description": "description",
    "severity": "level",
    "tactic": "tactic",
    "technique": "technique",
    "service": "service",
}


class Association(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule that runs in an account. Row: named by the rule, under the detector."""

    mode: str
    tags: dict[str, str] = {}
    client_token: str | None = None
    matches: int = 0
    """Events it meant."""
    known: tuple[str, ...] = ()
    """Digests of the last thousand of them, by which one told twice counts once."""


ASSOCIATION = owned(Kind("guardduty.rule-association", Association))
tags.tagged("association", ASSOCIATION)


def _rules(call: Call) -> Mapping[str, CustomRule]:
    """AWS's, and the operator's own."""
    return {**rules(), **own_rules(call.runtime.guarding.detection_rules)}


def rule(call: Call) -> CustomRule:
    """The rule the call names. Raises `ResourceNotFoundException`."""
    found = _rules(call).get(call.params["RuleId"])
    if found is None:
        raise not_found(f"The custom detection rule {call.params['RuleId']} was not found.")
    return found


def expires(row: Resource[Association]) -> float | None:
    """When a dry run ends; None for what is live."""
    return row.created + DRY_SECONDS if row.body.mode == DRY_RUN else None


def standing(reader: Reader, account: str, region: str, now: float) -> list[Resource[Association]]:
    """The associations of an account that have not ended."""
    detector = detectors.of(reader, account, region)
    if detector is None:
        return []
    rows = reader.page(ASSOCIATION, account, region=region, parent=detector.id)
    return [row for row in rows if (end := expires(row)) is None or end > now]


def _told(call: Call, one: CustomRule) -> dict[str, Any]:
    return {
        "RuleId": one.id,
        "Arn": f"arn:{call.partition}:guardduty::aws:detection-rule/custom/{one.id}",
        "Name": one.name,
        "Description": one.description,
        "Severity": one.level,
        "DataSource": SOURCE,
        "Tactic": one.tactic,
        "Technique": one.technique,
        "Service": one.service,
        "Language": LANGUAGE,
        "Schema": SCHEMA,
        "CreatedAt": _SINCE,
    }


def _meant(one: CustomRule, wanted: dict[str, Any]) -> bool:
    name = wanted["Name"]
    text = SOURCE if name == "dataSource" else str(getattr(one, _FIELDS[name]))
    if wanted.get("Condition", "EQUALS") == "CONTAINS":
        return any(value.lower() in text.lower() for value in wanted["Values"])
    return text in wanted["Values"]


@operation("guardduty", "ListCustomDetectionRules", access="read")
def list_custom_detection_rules(call: Call, reader: Reader) -> dict[str, Any]:
    wanted = call.params.get("Filters") or ()
    found = [one for one in _rules(call).values() if all(_meant(one, condition) for condition in wanted)]
    shown, rest = page(call, found, key=lambda one: one.id, most=MOST)
    return {"Rules": [_told(call, one) for one in shown], **rest}


@operation("guardduty", "GetCustomDetectionRule", access="read")
def get_custom_detection_rule(call: Call, reader: Reader) -> dict[str, Any]:
    one = rule(call)
    return {"Rule": {**_told(call, one), "Definition": {"Expression": one.expression}}}


def _shown(call: Call, row: Resource[Association], *, whole: bool) -> dict[str, Any]:
    place = f"arn:{call.partition}:guardduty:{row.region}:{row.account}"
    shown = {
        "AssociationId": row.id,
        "Arn": f"{place}:detection-rule/custom/{row.name}/association/{row.id}",
        "RuleId": row.name,
        "Mode": row.body.mode,
        "CreatedAt": row.created,
        "UpdatedAt": row.updated,
    }
    if whole:
        shown["AccountId"] = row.account
    end = expires(row)
    return shown if end is None else {**shown, "ExpiresAt": end}


def _find(call: Call, reader: Reader) -> Resource[Association]:
    found = rule(call)
    for row in standing(reader, call.account, call.region, call.now):
        if row.name == found.id and row.id == call.params["AssociationId"]:
            return row
    raise not_found(f"The association {call.params['AssociationId']} of the rule {found.id} was not found.")


@operation("guardduty", "CreateCustomDetectionRuleAssociation", access="write")
def create_custom_detection_rule_association(call: Call, tx: Transaction) -> dict[str, Any]:
    found = rule(call)
    detector = detectors.of(tx, call.account, call.region)
    if detector is None:
        raise rejected("GuardDuty is not enabled for the current account.")
    token = call.params.get("ClientToken")
    there = tx.get(ASSOCIATION, call.account, found.id, region=call.region, parent=detector.id)
    if there is not None and (end := expires(there)) is not None and end <= call.now:
        tx.delete(there)
        there = None
    if there is not None:
        if token and there.body.client_token == token and there.body.mode == call.params["Mode"]:
            return {"RuleAssociation": _shown(call, there, whole=True)}
        raise conflict(f"The custom detection rule {found.id} is already associated with the account.")
    body = Association(call.params["Mode"], tags=tags.given(call), client_token=token)
    try:
        row = tx.insert(
            ASSOCIATION, call.account, found.id, body,
            id=uuid.uuid4().hex, region=call.region, parent=detector.id, created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        raise conflict(f"The custom detection rule {found.id} is already associated with the account.") from None
    detectors.changed(tx, call.account)
    return {"RuleAssociation": _shown(call, row, whole=True)}


@operation("guardduty", "GetCustomDetectionRuleAssociation", access="read")
def get_custom_detection_rule_association(call: Call, reader: Reader) -> dict[str, Any]:
    row = _find(call, reader)
    return {"RuleAssociation": _shown(call, row, whole=True), "Tags": row.body.tags}


@operation("guardduty", "ListCustomDetectionRuleAssociations", access="read")
def list_custom_detection_rule_associations(call: Call, reader: Reader) -> dict[str, Any]:
    wanted, mode = call.params.get("RuleId"), call.params.get("Mode")
    rows = [
        row
        for row in standing(reader, call.account, call.region, call.now)
        if wanted in (None, row.name) and mode in (None, row.body.mode)
    ]
    shown, rest = page(call, rows, key=lambda row: row.id, most=MOST)
    return {"RuleAssociations": [_shown(call, row, whole=False) for row in shown], **rest}


@operation("guardduty", "UpdateCustomDetectionRuleAssociation", access="write")
def update_custom_detection_rule_association(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _find(call, tx)
    tx.update(row, msgspec.structs.replace(row.body, mode=call.params["Mode"]), updated=call.now)
    detectors.changed(tx, call.account)
    return {}


@operation("guardduty", "DeleteCustomDetectionRuleAssociation", access="write")
def delete_custom_detection_rule_association(call: Call, tx: Transaction) -> dict[str, Any]:
    tx.delete(_find(call, tx))
    detectors.changed(tx, call.account)
    return {}
