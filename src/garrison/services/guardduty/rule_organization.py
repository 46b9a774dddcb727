"""Custom detection rules for an organization: its administrator says for which accounts a rule runs, and how."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.guardduty import detectors
from garrison.services.guardduty import organization_settings as settings
from garrison.services.guardduty.custom_rules import DRY_RUN, DRY_SECONDS, MOST, rule
from garrison.services.guardduty.errors import conflict, denied, not_found, rejected
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.resources import Detector
from garrison.services.guardduty.standing import ENABLED, administered_by, owned
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Resource, Transaction


class OrgRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule an organization runs. Row: named `RULE/MODE`, under the administrator's detector."""

    rule: str
    mode: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


ORG_RULE = owned(Kind("guardduty.rule-organization", OrgRule))


def _expires(row: Resource[OrgRule]) -> float | None:
    return row.created + DRY_SECONDS if row.body.mode == DRY_RUN else None


def standing(reader: Reader, account: str, region: str, now: float) -> list[Resource[OrgRule]]:
    """What the organization's administrator runs for an account: one of its members, or itself."""
    tie = administered_by(reader, account, region)
    if tie is not None and tie.body.status != ENABLED:
        return []
    administrator = account if tie is None else tie.name
    detector = detectors.of(reader, administrator, region)
    if detector is None:
        return []
    rows = reader.page(ORG_RULE, administrator, region=region, parent=detector.id)
    return [row for row in rows if _alive(row, now) and _for(row.body, account)]


def _alive(row: Resource[OrgRule], now: float) -> bool:
    end = _expires(row)
    return end is None or end > now


def _for(body: OrgRule, account: str) -> bool:
    return account in body.include if body.include else account not in body.exclude


def _administrator(call: Call, reader: Reader) -> Resource[Detector]:
    row = detectors.of(reader, call.account, call.region)
    if row is None or not settings.administers(reader, call.account):
        raise denied("The current account is not the GuardDuty delegated administrator of its organization.")
    return row


def _name(call: Call) -> str:
    return f"{rule(call).id}/{call.params['Mode']}"


def _find(call: Call, reader: Reader) -> Resource[OrgRule]:
    detector = _administrator(call, reader)
    row = reader.get(ORG_RULE, call.account, _name(call), region=call.region, parent=detector.id)
    if row is None or not _alive(row, call.now):
        raise not_found(f"There is no organization configuration of the rule {call.params['RuleId']} in this mode.")
    return row


def _accounts(call: Call) -> dict[str, tuple[str, ...]]:
    include = tuple(call.params.get("IncludeAccountIds") or ())
    exclude = tuple(call.params.get("ExcludeAccountIds") or ())
    if include and exclude:
        raise rejected("includeAccountIds and excludeAccountIds cannot both be provided.")
    return {"include": include, "exclude": exclude}


@operation("guardduty", "CreateCustomDetectionRuleOrgConfiguration", access="write")
def create_custom_detection_rule_org_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = _administrator(call, tx)
    name = _name(call)
    there = tx.get(ORG_RULE, call.account, name, region=call.region, parent=detector.id)
    body = OrgRule(rule(call).id, call.params["Mode"], **_accounts(call))
    if there is not None and _alive(there, call.now):
        raise conflict(f"The rule {body.rule} has an organization configuration in this mode.")
    if there is not None:
        tx.delete(there)
    tx.insert(
        ORG_RULE, call.account, name, body,
        id=f"{detector.id}/{name}", region=call.region, parent=detector.id, created=call.now,
    )  # fmt: skip
    detectors.changed(tx, call.account)
    return {}


def _shown(row: Resource[OrgRule]) -> dict[str, Any]:
    shown = {
        "RuleId": row.body.rule,
        "Mode": row.body.mode,
        "Status": "ACTIVE",
        "IncludeAccountIds": list(row.body.include),
        "ExcludeAccountIds": list(row.body.exclude),
        "CreatedAt": row.created,
        "UpdatedAt": row.updated,
    }
    end = _expires(row)
    return shown if end is None else {**shown, "ExpiresAt": end}


@operation("guardduty", "GetCustomDetectionRuleOrgConfiguration", access="read")
def get_custom_detection_rule_org_configuration(call: Call, reader: Reader) -> dict[str, Any]:
    return {"Configuration": _shown(_find(call, reader))}


@operation("guardduty", "ListCustomDetectionRuleOrgConfigurations", access="read")
def list_custom_detection_rule_org_configurations(call: Call, reader: Reader) -> dict[str, Any]:
    detector = _administrator(call, reader)
    rows = reader.page(ORG_RULE, call.account, region=call.region, parent=detector.id)
    wanted = call.params.get("Status", "ACTIVE")
    rows = [row for row in rows if _alive(row, call.now) and wanted == "ACTIVE"]
    shown, rest = page(call, rows, key=lambda row: row.name, most=MOST)
    return {"Configurations": [_shown(row) for row in shown], **rest}


@operation("guardduty", "UpdateCustomDetectionRuleOrgConfiguration", access="write")
def update_custom_detection_rule_org_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _find(call, tx)
    tx.update(row, msgspec.structs.replace(row.body, **_accounts(call)), updated=call.now)
    detectors.changed(tx, call.account)
    return {}


@operation("guardduty", "DeleteCustomDetectionRuleOrgConfiguration", access="write")
def delete_custom_detection_rule_org_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    tx.delete(_find(call, tx))
    detectors.changed(tx, call.account)
    return {}
