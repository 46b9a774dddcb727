"""`DetectorStatement`, for managed groups: a detector of their own over readings of a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.plan import Chain
from garrison.waf.screen import patterns_of
from garrison.waf.statements.detecting import detecting, first_match
from garrison.waf.statements.node import Located, Node
from garrison.waf.statements.on_field import Params
from garrison.waf.transformations import TRANSFORMATIONS

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "DetectorStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """See `garrison.waf.rule_group`."""
    if "Views" in params:
        return _screened(params, context)
    chains: list[Chain] = [
        tuple(TRANSFORMATIONS[step] if isinstance(step, str) else step for step in chain if step != "NONE")
        for chain in params.get("Chains") or ((),)
    ]
    return detecting(context, context.plan.field(params), chains, params["Detector"])


def _screened(params: Params, context: Context) -> Node:
    detector = params["Detector"]
    field, find = context.plan.field(params), detector.find
    source = context.plan.screen.source(field, params["Views"])
    logged = detector.condition_type in ("SQL_INJECTION", "XSS")
    bit, asked = context.plan.screen.add(source, detector)

    def test(walk: Walk) -> bool:
        values = walk.values(field)
        if isinstance(values, bool):
            return values
        for _, text, ids in walk.screened(source):
            if not asked.isdisjoint(ids) and (find is None or walk.detect(find, text) is not None):
                return True
        return False

    def locate(walk: Walk) -> list[Located]:
        values = walk.values(field)
        place, kind = field.field.location, detector.condition_type
        if isinstance(values, bool):
            return [Located(kind, place, "", ())] if values else []
        names = field.field.names(walk.parts) if field.field.names else [""] * len(values)
        found: dict[int, Located] = {}
        for index, text, ids in walk.screened(source):
            if index in found or asked.isdisjoint(ids):
                continue
            name = names[index] if index < len(names) else ""
            if find is None:
                found[index] = Located(kind, place, name, first_match(patterns_of(detector), text))
            elif (hit := walk.detect(find, text)) is not None:
                found[index] = Located(kind, place, name, hit.data or (text[hit.start : hit.end],))
        return [found[index] for index in sorted(found)]

    return Node(
        test=test,
        needed={field: bit},
        locate=locate,
        fields=frozenset((field,)),
        detects=logged,
    )


def weigh(params: Params, context: Context) -> int:
    """Nothing: a managed group has its capacity."""
    return 0


def check(params: Params) -> None:
    """Nothing: no client can write one."""
