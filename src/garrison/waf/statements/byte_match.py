"""`ByteMatchStatement`: a text at the start, at the end, anywhere, as a word, or as the whole value."""

from __future__ import annotations

import re

from garrison.waf.context import Context
from garrison.waf.errors import BAD_FORMAT, TOO_LITTLE, TOO_MANY, invalid
from garrison.waf.plan import chain_of
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params, by_bits, check_field, weight

NAME = "ByteMatchStatement"
LONGEST = 200
_WORD = re.compile(rb"[A-Za-z0-9_]+")


def compile_statement(params: Params, context: Context) -> Node:
    """The search string is case-sensitive."""
    field, chain, text = (
        context.plan.field(params),
        chain_of(params["TextTransformations"]),
        bytes(params["SearchString"]),
    )
    position = params["PositionalConstraint"]
    if position == "EXACTLY":
        bits = context.plan.exactly(field, chain, text)
    elif position == "STARTS_WITH":
        bits = context.plan.starts(field, chain, text)
    elif position == "ENDS_WITH":
        bits = context.plan.ends(field, chain, text)
    else:
        literal = "".join(f"\\x{byte:02x}" for byte in text)
        # A word's neighbours are no word characters, or there are none. Source: API reference, PositionalConstraint.
        pattern = rf"\b{literal}\b" if position == "CONTAINS_WORD" else literal
        bits = context.plan.patterns(field, chain, (pattern,))

    def span(value: bytes) -> tuple[int, int] | None:
        if position == "EXACTLY":
            return (0, len(value)) if value == text else None
        if position == "STARTS_WITH":
            return (0, len(text)) if value.startswith(text) else None
        if position == "ENDS_WITH":
            return (len(value) - len(text), len(value)) if value.endswith(text) else None
        if position == "CONTAINS":
            at = value.find(text)
            return (at, at + len(text)) if at >= 0 else None
        found = re.search(rb"(?<![A-Za-z0-9_])" + re.escape(text) + rb"(?![A-Za-z0-9_])", value)
        return found.span() if found else None

    return by_bits(field, bits, "BYTE_MATCH", chain, span)


def weigh(params: Params, context: Context) -> int:
    """2 at a fixed place, 10 anywhere."""
    return weight(params, 10 if params["PositionalConstraint"].startswith("CONTAINS") else 2)


def check(params: Params) -> None:
    """Length, the letters of a word, and what may be said of a fingerprint."""
    check_field(params)
    text = bytes(params["SearchString"])
    if not text:
        raise invalid("BYTE_MATCH_STATEMENT", "SearchString", TOO_LITTLE)
    if len(text) > LONGEST:
        raise invalid("BYTE_MATCH_STATEMENT", "SearchString", TOO_MANY)
    if params["PositionalConstraint"] == "CONTAINS_WORD" and not _WORD.fullmatch(text):
        raise invalid("BYTE_MATCH_STATEMENT", text.decode("utf-8", "replace"), BAD_FORMAT)
    if (
        params["FieldToMatch"].keys() & {"JA3Fingerprint", "JA4Fingerprint"}
        and params["PositionalConstraint"] != "EXACTLY"
    ):
        raise invalid("BYTE_MATCH_STATEMENT", params["PositionalConstraint"], BAD_FORMAT)
