"""`SizeConstraintStatement`: the length of a value in bytes, after the transformations."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.plan import chain_of
from garrison.waf.statements.node import Located, Node
from garrison.waf.statements.on_field import Params, check_field, places, weight

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "SizeConstraintStatement"

OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}


def compile_statement(params: Params, context: Context) -> Node:
    """Of a body only what is within the inspection limit has a length; OversizeHandling speaks for the rest."""
    field, chain = context.plan.field(params), chain_of(params["TextTransformations"])
    step, holds, size = field.step(chain), OPERATORS[params["ComparisonOperator"]], params["Size"]

    def test(walk: Walk) -> bool:
        values = walk.values(field)
        if isinstance(values, bool):
            return values
        return any(holds(len(value), size) for value in walk.transformed(field, step))

    def locate(walk: Walk) -> list[Located]:
        return places(walk, field, chain, "SIZE", lambda value: (0, 0) if holds(len(value), size) else None)

    return Node(test=test, locate=locate, fields=frozenset((field,)))


def weigh(params: Params, context: Context) -> int:
    """1."""
    return weight(params, 1)


def check(params: Params) -> None:
    """The field."""
    check_field(params)
