"""`RuleGroupReferenceStatement`: a rule group of one's own. `garrison.waf.groups` compiles it."""

from __future__ import annotations

from garrison.waf.context import Context
from garrison.waf.errors import BAD_REFERENCE, invalid
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params

NAME = "RuleGroupReferenceStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """Not as a statement."""
    raise invalid("RULE_GROUP_REFERENCE_STATEMENT", params["ARN"], BAD_REFERENCE)


def weigh(params: Params, context: Context) -> int:
    """The capacity the group was made with."""
    capacity: int = context.referenced(params["ARN"], "RULE_GROUP_REFERENCE_STATEMENT")["Capacity"]
    return capacity


def check(params: Params) -> None:
    """What it names is checked where references are."""
