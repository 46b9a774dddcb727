"""The resource policy of a rule group, by which other accounts may use it in their web ACLs.

Source: WAF API reference, PutPermissionPolicy: Effect Allow, Action and Principal in every statement, no Resource; the
actions must be `wafv2:CreateWebACL`, `wafv2:UpdateWebACL` and `wafv2:PutFirewallManagerRuleGroups`, and
`wafv2:GetRuleGroup` may stand beside them; any other, and any wildcard, is rejected.
"""

from __future__ import annotations

import json
from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2 import entities
from garrison.services.wafv2.errors import invalid_permission_policy
from garrison.services.wafv2.resources import PERMISSION_POLICY, RULE_GROUP, PermissionPolicy
from garrison.store import Reader, Transaction
from garrison.waf.errors import nonexistent

_USE = frozenset({"wafv2:CreateWebACL", "wafv2:UpdateWebACL", "wafv2:PutFirewallManagerRuleGroups"})
_ACTIONS = _USE | {"wafv2:GetRuleGroup"}
_MEMBERS = frozenset({"Sid", "Effect", "Action", "Principal", "Condition"})


def _check(text: str) -> None:
    """Raise `WAFInvalidPermissionPolicyException` for what is no policy of that form."""
    try:
        document = json.loads(text)
        statements = document["Statement"]
        statements = [statements] if isinstance(statements, dict) else statements
        fine = (
            document["Version"] in ("2012-10-17", "2015-01-01")
            and bool(statements)
            and all(_fine(one) for one in statements)
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        fine = False
    if not fine:
        raise invalid_permission_policy()


def _fine(statement: dict[str, Any]) -> bool:
    actions = statement["Action"]
    actions = {actions} if isinstance(actions, str) else set(actions)
    return (
        statement.keys() <= _MEMBERS
        and statement["Effect"] == "Allow"
        and bool(statement["Principal"])
        and actions <= _ACTIONS
        and actions >= _USE
    )


@operation("wafv2", "PutPermissionPolicy", access="write")
def put_permission_policy(call: Call, tx: Transaction) -> None:
    arn = call.params["ResourceArn"]
    row = entities.by_arn(call, tx, arn, RULE_GROUP)
    _check(call.params["Policy"])
    body = PermissionPolicy(call.params["Policy"])
    old = tx.by_id(PERMISSION_POLICY, arn)
    if old is None:
        tx.insert(PERMISSION_POLICY, call.account, arn, body, id=arn, region=row.region, created=call.now)
    else:
        tx.update(old, body, updated=call.now)
    entities.decides(tx, row)


@operation("wafv2", "GetPermissionPolicy", access="read")
def get_permission_policy(call: Call, reader: Reader) -> dict[str, Any]:
    arn = call.params["ResourceArn"]
    entities.by_arn(call, reader, arn, RULE_GROUP)
    row = reader.by_id(PERMISSION_POLICY, arn)
    if row is None:
        raise nonexistent()
    return {"Policy": row.body.policy}


@operation("wafv2", "DeletePermissionPolicy", access="write")
def delete_permission_policy(call: Call, tx: Transaction) -> None:
    arn = call.params["ResourceArn"]
    group = entities.by_arn(call, tx, arn, RULE_GROUP)
    row = tx.by_id(PERMISSION_POLICY, arn)
    if row is None:
        raise nonexistent()
    tx.delete(row)
    entities.decides(tx, group)
