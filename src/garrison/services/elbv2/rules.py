"""Rules of listeners, in the order of their priorities; the default rule is the listener's own and comes last."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access import sites
from garrison.access.call import Call
from garrison.services.elbv2 import actions, arns, conditions, find, quotas, tags
from garrison.services.elbv2.errors import error, validation
from garrison.services.elbv2.load_balancers import drop_links
from garrison.services.elbv2.paging import page
from garrison.services.elbv2.resources import LISTENER, RULE, Listener, Rule
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def shown(row: Resource[Rule]) -> dict[str, Any]:
    """A rule as answers show it."""
    return {
        "RuleArn": row.id,
        "Priority": str(int(row.name)),
        "Conditions": row.body.conditions,
        "Actions": row.body.actions,
        "IsDefault": False,
    }


def _default(listener: Resource[Listener]) -> dict[str, Any]:
    return {
        "RuleArn": listener.body.default_rule,
        "Priority": "default",
        "Conditions": [],
        "Actions": listener.body.actions,
        "IsDefault": True,
    }


def _name(priority: int) -> str:
    return f"{priority:05d}"


def _refuse_transforms(params: dict[str, Any]) -> None:
    if params.get("Transforms"):
        raise error("InvalidConfigurationRequest", "Rule transforms are not supported here")


@operation("elbv2", "CreateRule", access="write")
def create_rule(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    listener = find.listener(call, tx)
    _refuse_transforms(params)
    given = tags.given(call)
    when = conditions.checked(call, params["Conditions"])
    what = actions.checked(call, tx, params["Actions"], listener.parent)
    quotas.check_rules(call, tx, listener.parent)
    arn = arns.below(listener.id, "listener-rule")
    priority: int = params["Priority"]
    try:
        row = tx.insert(
            RULE,
            call.account,
            _name(priority),
            Rule(when, what, given),
            id=arn,
            region=call.region,
            parent=listener.id,
            created=call.now,
        )
    except AlreadyExists:
        raise error("PriorityInUse", f"Priority '{priority}' is currently in use") from None
    actions.link(tx, call.account, arn, what)
    sites.changed(tx)
    return {"Rules": [shown(row)]}


def _by_arn(call: Call, reader: Reader, arn: str) -> dict[str, Any]:
    arns.check_form(arn, "listener rule")
    listener = reader.by_id(LISTENER, arns.listener_of(arn))
    if listener is not None and listener.account == call.account and listener.body.default_rule == arn:
        return _default(listener)
    return shown(find.rule(call, reader, arn))


@operation("elbv2", "DescribeRules", access="read")
def describe_rules(call: Call, reader: Reader) -> dict[str, Any]:
    listener_arn, wanted = call.params.get("ListenerArn"), call.params.get("RuleArns")
    if bool(listener_arn) == bool(wanted):
        raise validation("You must specify either listener rule ARNs or a listener ARN")
    if wanted:
        found = [_by_arn(call, reader, arn) for arn in dict.fromkeys(wanted)]
    else:
        listener = find.listener(call, reader)
        rows = reader.page(RULE, call.account, region=call.region, parent=listener.id)
        found = [shown(row) for row in rows] + [_default(listener)]
    shown_rules, rest = page(call, enumerate(found), key=lambda entry: f"{entry[0]:05d}")
    return {"Rules": [rule for _, rule in shown_rules], **rest}


def _refuse_default(call: Call, reader: Reader, arn: str, verb: str) -> None:
    listener = reader.by_id(LISTENER, arns.listener_of(arns.check_form(arn, "listener rule")))
    if listener is not None and listener.account == call.account and listener.body.default_rule == arn:
        raise error("OperationNotPermitted", f"Default rule '{arn}' cannot be {verb}")


@operation("elbv2", "ModifyRule", access="write")
def modify_rule(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    arn: str = params["RuleArn"]
    _refuse_default(call, tx, arn, "modified")
    row = find.rule(call, tx, arn)
    _refuse_transforms(params)
    body = row.body
    if params.get("Conditions"):
        body = msgspec.structs.replace(body, conditions=conditions.checked(call, params["Conditions"]))
    if params.get("Actions"):
        what = actions.checked(call, tx, params["Actions"], arns.load_balancer_of(arn))
        body = msgspec.structs.replace(body, actions=what)
        actions.link(tx, call.account, arn, what)
    row = tx.update(row, body, updated=call.now)
    sites.changed(tx)
    return {"Rules": [shown(row)]}


@operation("elbv2", "DeleteRule", access="write")
def delete_rule(call: Call, tx: Transaction) -> dict[str, Any]:
    arn: str = call.params["RuleArn"]
    _refuse_default(call, tx, arn, "deleted")
    row = find.rule(call, tx, arn)
    drop_links(tx, arn)
    tx.delete(row)
    sites.changed(tx)
    return {}


@operation("elbv2", "SetRulePriorities", access="write")
def set_rule_priorities(call: Call, tx: Transaction) -> dict[str, Any]:
    wanted: dict[str, int] = {}
    for pair in call.params["RulePriorities"]:
        arn = pair.get("RuleArn", "")
        if "Priority" not in pair:
            raise validation("A priority must be specified for each rule")
        _refuse_default(call, tx, arn, "assigned a priority")
        if arn in wanted:
            raise validation(f"Rule '{arn}' is specified more than once")
        wanted[arn] = pair["Priority"]
    if len({arns.listener_of(arn) for arn in wanted}) > 1:
        raise validation("The rules must be of the same listener")
    if len(set(wanted.values())) < len(wanted):
        raise error("PriorityInUse", "The same priority is specified for more than one rule")
    # Two rules may trade places: all leave theirs before any takes a new one.
    moving = [tx.update(row, row.body, name=f"moving {row.id}") for row in [find.rule(call, tx, a) for a in wanted]]
    moved = []
    for row in moving:
        try:
            moved.append(tx.update(row, row.body, name=_name(wanted[row.id]), updated=call.now))
        except AlreadyExists:
            raise error("PriorityInUse", f"Priority '{wanted[row.id]}' is currently in use") from None
    sites.changed(tx)
    return {"Rules": [shown(row) for row in moved]}
