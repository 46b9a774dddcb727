"""Rule groups: create, read, change, delete."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2 import entities, judge, quotas
from garrison.services.wafv2.documents import given, members, references
from garrison.services.wafv2.errors import quota_exceeded
from garrison.services.wafv2.resources import PERMISSION_POLICY, RULE_GROUP, Document, Entity
from garrison.services.wafv2.scope import arn_of
from garrison.store import Reader, Resource, Transaction
from garrison.waf.capacity import MOST

_MEMBERS = ("Description", "Rules", "VisibilityConfig", "CustomResponseBodies", "MonetizationConfig")


def shown(partition: str, row: Resource[Entity]) -> dict[str, Any]:
    """A rule group as GetRuleGroup shows it."""
    document: Document = given(row.body.document)
    labels = [label["Name"] for rule in document.get("Rules", ()) for label in rule.get("RuleLabels", ())]
    namespace = f"awswaf:{row.account}:rulegroup:{row.name}:"
    available = [{"Name": namespace + name} for name in dict.fromkeys(labels)]
    return {
        "Rules": [],
        **document,
        "Name": row.name,
        "Id": row.id,
        "ARN": arn_of(partition, row),
        "Capacity": row.body.capacity,
        "LabelNamespace": namespace,
        **({"AvailableLabels": available} if available else {}),
    }


@operation("wafv2", "CreateRuleGroup", access="write")
def create_rule_group(call: Call, tx: Transaction) -> dict[str, Any]:
    document = members(call.params, _MEMBERS)
    capacity: int = call.params["Capacity"]
    if capacity > MOST:
        raise quota_exceeded()
    judge.rule_group(call, tx, document, capacity)
    return entities.create(
        call, tx, RULE_GROUP, document,
        quota=quotas.RULE_GROUPS, capacity=capacity, refers=references(document),
    )  # fmt: skip


@operation("wafv2", "GetRuleGroup", access="read")
def get_rule_group(call: Call, reader: Reader) -> dict[str, Any]:
    row = judge.by_arn_or_name(call, reader, RULE_GROUP)
    return {"RuleGroup": shown(call.partition, row), "LockToken": row.body.lock_token}


@operation("wafv2", "UpdateRuleGroup", access="write")
def update_rule_group(call: Call, tx: Transaction) -> dict[str, Any]:
    row = entities.load(call, tx, RULE_GROUP)
    entities.check_token(call, row)
    document = members(call.params, _MEMBERS)
    judge.rule_group(call, tx, document, row.body.capacity)
    return entities.replace(call, tx, row, document, refers=references(document))


@operation("wafv2", "DeleteRuleGroup", access="write")
def delete_rule_group(call: Call, tx: Transaction) -> None:
    row = entities.delete(call, tx, RULE_GROUP)
    shared = tx.by_id(PERMISSION_POLICY, arn_of(call.partition, row))
    if shared is not None:
        tx.delete(shared)


@operation("wafv2", "ListRuleGroups", access="read")
def list_rule_groups(call: Call, reader: Reader) -> dict[str, Any]:
    return entities.listed(call, reader, RULE_GROUP, "RuleGroups")
