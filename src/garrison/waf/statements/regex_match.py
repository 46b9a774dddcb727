"""`RegexMatchStatement`: one regular expression, anywhere in a value."""

from __future__ import annotations

from garrison.waf.context import Context
from garrison.waf.errors import BAD_FORMAT, invalid
from garrison.waf.plan import chain_of
from garrison.waf.scan import locate, why_not
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params, by_bits, check_field, weight

NAME = "RegexMatchStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """Case-sensitive unless it says `(?i)`; `.` is not a newline."""
    field, chain, pattern = context.plan.field(params), chain_of(params["TextTransformations"]), params["RegexString"]
    bits = context.plan.patterns(field, chain, (pattern,))
    return by_bits(field, bits, "REGEX", chain, lambda value: locate(pattern, value))


def weigh(params: Params, context: Context) -> int:
    """3."""
    return weight(params, 3)


def check(params: Params) -> None:
    """The pattern is in AWS WAF's dialect."""
    check_field(params)
    check_pattern(params["RegexString"], "STATEMENT")


def check_pattern(pattern: str, field: str) -> None:
    """Raises WAFInvalidParameterException for a pattern AWS WAF would not take."""
    if why_not(pattern) is not None:
        raise invalid(field, pattern, BAD_FORMAT)
