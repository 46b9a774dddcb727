"""`ManagedRuleGroupStatement`: a managed rule group. `garrison.waf.groups` compiles it."""

from __future__ import annotations

from garrison.waf.context import Context
from garrison.waf.errors import BAD_REFERENCE, invalid
from garrison.waf.statements import registry
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params

NAME = "ManagedRuleGroupStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """Not as a statement."""
    raise invalid("MANAGED_RULE_SET_STATEMENT", params["Name"], BAD_REFERENCE)


def weigh(params: Params, context: Context) -> int:
    """The group's capacity, and the scope-down statement's."""
    group = context.managed(params["VendorName"], params["Name"])
    if group is None:
        raise invalid("MANAGED_RULE_SET_STATEMENT", params["Name"], BAD_REFERENCE)
    scope = params.get("ScopeDownStatement")
    return group.capacity + (registry.weigh(scope, context) if scope else 0)


def check(params: Params) -> None:
    """The scope-down statement."""
    if params.get("ScopeDownStatement"):
        registry.check_nested(params["ScopeDownStatement"])
