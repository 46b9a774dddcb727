"""`NotStatement`: not this one."""

from __future__ import annotations

from garrison.waf.context import Context
from garrison.waf.statements import registry
from garrison.waf.statements.logical import joined
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params

NAME = "NotStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """True if the statement is not. A forwarding header that is missing still keeps the rule from applying."""
    child = registry.compile_statement(params["Statement"], context)
    test = child.test
    return joined([child], lambda walk: not test(walk), None)


def weigh(params: Params, context: Context) -> int:
    """What the statement weighs."""
    return registry.weigh(params["Statement"], context)


def check(params: Params) -> None:
    """Of a statement that can be nested."""
    registry.check_nested(params["Statement"])
