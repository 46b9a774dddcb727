"""`AndStatement`: all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.errors import TOO_LITTLE, invalid
from garrison.waf.statements import registry
from garrison.waf.statements.logical import joined
from garrison.waf.statements.node import Located, Node
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "AndStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """True if every statement is."""
    children = [registry.compile_statement(child, context) for child in params["Statements"]]
    tests = [child.test for child in children]

    def test(walk: Walk) -> bool:
        return all(child(walk) for child in tests)

    def locate(walk: Walk) -> list[Located]:
        return [place for child in children for place in child.locate(walk)]

    # Any part that has to be true will do; the one that looks for least rules most out.
    known = [child.needed for child in children if child.needed is not None]
    needed = min(known, key=lambda n: sum(bits.bit_count() for bits in n.values())) if known else None
    return joined(children, test, needed, locate)


def weigh(params: Params, context: Context) -> int:
    """The sum."""
    return sum(registry.weigh(child, context) for child in params["Statements"])


def check(params: Params) -> None:
    """Two at least."""
    if len(params.get("Statements") or ()) < 2:
        raise invalid("AND_STATEMENT", "AndStatement", TOO_LITTLE)
    for child in params["Statements"]:
        registry.check_nested(child)
