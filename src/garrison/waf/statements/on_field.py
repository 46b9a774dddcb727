"""What statements that look into a component of the request have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from garrison.waf.errors import BAD_FORMAT, DUPLICATE, EXACTLY_ONE, TOO_LITTLE, TOO_MANY, invalid
from garrison.waf.fields import PUBLIC
from garrison.waf.plan import Chain, FieldPlan
from garrison.waf.statements.node import Located, Node

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

Params = Mapping[str, Any]

TRANSFORMATION_COST = 10
NONE_COST = 0
"""The documentation says 10 for each transformation; that NONE costs nothing is not documented, nor is it denied."""
MOST_TRANSFORMATIONS = 10
PRE_PARSE_FIELDS = frozenset({"SingleQueryArgument", "AllQueryArguments"})


def weight(params: Params, base: int) -> int:
    """WCU of a statement on a field: base (twice for a JSON body), 10 for all query arguments, 10 each transformation.

    Source: developer guide, the WCU line of each statement.
    """
    fields = params["FieldToMatch"]
    total = base * 2 if "JsonBody" in fields else base
    if "AllQueryArguments" in fields:
        total += 10
    transformations = [*params["TextTransformations"], *(params.get("PreParseTextTransformations") or ())]
    return total + sum(NONE_COST if t["Type"] == "NONE" else TRANSFORMATION_COST for t in transformations)


def by_bits(
    field: FieldPlan, bits: int, condition: str, chain: Chain, span: Callable[[bytes], tuple[int, int] | None]
) -> Node:
    """A statement that is true if one of the bits is set; `span` finds the match in a value again, for showing it."""

    def test(walk: Walk) -> bool:
        return walk.bits(field) & bits != 0

    def locate(walk: Walk) -> list[Located]:
        return places(walk, field, chain, condition, span)

    return Node(test=test, needed={field: bits}, locate=locate, fields=frozenset((field,)))


def places(
    walk: Walk, field: FieldPlan, chain: Chain, condition: str, span: Callable[[bytes], tuple[int, int] | None]
) -> list[Located]:
    """Where a statement matched. A match that was settled by oversize or fallback handling has a place and no data."""
    location = field.field.location
    values = walk.values(field)
    if isinstance(values, bool):
        return [Located(condition, location, "", ())] if values else []
    names = field.field.names(walk.parts) if field.field.names else [""] * len(values)
    found = []
    for name, value in zip(names, walk.transformed(field, field.step(chain)), strict=False):
        if (where := span(value)) is not None:
            found.append(Located(condition, location, name, (value[where[0] : where[1]],)))
    return found


def check_field(params: Params) -> None:
    """What AWS demands of FieldToMatch and the transformations. Raises WAFInvalidParameterException."""
    name = check_field_to_match(params.get("FieldToMatch") or {})
    check_transformations(params.get("TextTransformations") or ())
    pre = params.get("PreParseTextTransformations") or ()
    if pre:
        if name not in PRE_PARSE_FIELDS:
            raise invalid("PRE_PARSE_TEXT_TRANSFORMATION", name, BAD_FORMAT)
        _check_priorities(pre, "PRE_PARSE_TEXT_TRANSFORMATION")


def check_transformations(transformations: Sequence[Params]) -> None:
    """At least one, at most ten, priorities unique."""
    if not transformations:
        raise invalid("TEXT_TRANSFORMATION", "TextTransformations", TOO_LITTLE)
    _check_priorities(transformations, "TEXT_TRANSFORMATION")


def _check_priorities(transformations: Sequence[Params], field: str) -> None:
    if len(transformations) > MOST_TRANSFORMATIONS:
        raise invalid(field, str(len(transformations)), TOO_MANY)
    priorities = [t["Priority"] for t in transformations]
    if len(set(priorities)) != len(priorities):
        raise invalid(field, "Priority", DUPLICATE)


def check_field_to_match(field_to_match: Params) -> str:
    """Exactly one component, and its own settings. Answers its name."""
    names = [name for name, value in field_to_match.items() if value is not None]
    if len(names) != 1 or names[0] not in PUBLIC:
        raise invalid("FIELD_TO_MATCH", "FieldToMatch", EXACTLY_ONE)
    name = names[0]
    params = field_to_match[name]
    if name in ("Headers", "Cookies"):
        kind = "HEADER_MATCH_PATTERN" if name == "Headers" else "COOKIE_MATCH_PATTERN"
        if len(params["MatchPattern"]) != 1:
            raise invalid(kind, "MatchPattern", EXACTLY_ONE)
        if not params.get("OversizeHandling"):
            raise invalid("OVERSIZE_HANDLING", "OversizeHandling", EXACTLY_ONE)
    elif name == "HeaderOrder" and not params.get("OversizeHandling"):
        raise invalid("OVERSIZE_HANDLING", "OversizeHandling", EXACTLY_ONE)
    elif name == "JsonBody" and len(params["MatchPattern"]) != 1:
        raise invalid("JSON_MATCH_PATTERN", "MatchPattern", EXACTLY_ONE)
    return name
