"""`OrStatement`: one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.errors import TOO_LITTLE, invalid
from garrison.waf.plan import FieldPlan
from garrison.waf.statements import registry
from garrison.waf.statements.logical import joined
from garrison.waf.statements.node import Located, Needed, Node
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "OrStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """True if a statement is."""
    children = [registry.compile_statement(child, context) for child in params["Statements"]]
    tests = [child.test for child in children]

    def test(walk: Walk) -> bool:
        return any(child(walk) for child in tests)

    def locate(walk: Walk) -> list[Located]:
        return [place for child in children if child.test(walk) for place in child.locate(walk)]

    return joined(children, test, _any_of(children), locate)


def _any_of(children: Sequence[Node]) -> Needed | None:
    needed: dict[FieldPlan, int] = {}
    for child in children:
        if child.needed is None:
            return None
        for field, bits in child.needed.items():
            needed[field] = needed.get(field, 0) | bits
    return needed


def weigh(params: Params, context: Context) -> int:
    """The sum."""
    return sum(registry.weigh(child, context) for child in params["Statements"])


def check(params: Params) -> None:
    """Two at least."""
    if len(params.get("Statements") or ()) < 2:
        raise invalid("OR_STATEMENT", "OrStatement", TOO_LITTLE)
    for child in params["Statements"]:
        registry.check_nested(child)
