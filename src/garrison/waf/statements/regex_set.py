"""`RegexPatternSetReferenceStatement`: any of the patterns of a set."""

from __future__ import annotations

from garrison.waf.context import Context
from garrison.waf.plan import chain_of
from garrison.waf.scan import locate
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params, by_bits, check_field, weight

NAME = "RegexPatternSetReferenceStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """An empty set matches nothing."""
    document = context.referenced(params["ARN"], "REGEX_PATTERN_REFERENCE_STATEMENT")
    patterns = tuple(entry["RegexString"] for entry in document.get("RegularExpressionList") or ())
    field, chain = context.plan.field(params), chain_of(params["TextTransformations"])
    bits = context.plan.patterns(field, chain, patterns)

    def span(value: bytes) -> tuple[int, int] | None:
        return next((found for pattern in patterns if (found := locate(pattern, value)) is not None), None)

    return by_bits(field, bits, "REGEX", chain, span)


def weigh(params: Params, context: Context) -> int:
    """25, however many patterns."""
    return weight(params, 25)


def check(params: Params) -> None:
    """The field; the set's own patterns were checked when it was made."""
    check_field(params)
