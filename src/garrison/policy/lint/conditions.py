"""Remarks on conditions: keys and operators that do not exist, and values that can never fit."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from garrison.policy.conditions import OPERATORS, UnknownOperator, parse_name
from garrison.policy.conditions.date import instant
from garrison.policy.conditions.ip import block
from garrison.policy.conditions.numeric import number
from garrison.policy.lint.finding import LintFinding, Reference, did_you_mean, finding
from garrison.policy.reader import Array, Member, Object, Scalar

_FAMILY_OF_TYPE = {
    "numeric": "Numeric",
    "date": "Date",
    "bool": "Bool",
    "ipaddress": "IpAddress",
}


def lint_operators(statement: Object) -> Iterator[LintFinding]:
    """Operators that do not exist. (A policy with one is not a policy; this says what was meant.)"""
    condition = statement.get("Condition")
    if not isinstance(condition, Object):
        return
    names = [operator.name for operator in OPERATORS.values()] + ["Null"]
    for member in condition.members.values():
        try:
            parse_name(member.key)
        except UnknownOperator:
            bare = member.key.rpartition(":")[2]
            hint = did_you_mean(bare, [*names, *(name + "IfExists" for name in names[:-1])])
            yield finding(member.span, "unknown-operator", "error", f"there is no operator {member.key}{hint}")


def lint_conditions(statement: Object, reference: Reference | None) -> Iterator[LintFinding]:
    """Keys, their types, and values."""
    condition = statement.get("Condition")
    if not isinstance(condition, Object):
        return
    effect = statement.get("Effect")
    allow = isinstance(effect, Scalar) and effect.text == "Allow"
    for operator in condition.members.values():
        for key in operator.value.members.values() if isinstance(operator.value, Object) else ():
            yield from _values(operator.key, key)
            if reference is not None:
                yield from _key(operator.key, key, reference)
            if allow and operator.key.lower().startswith("forallvalues:"):
                yield finding(
                    key.span,
                    "for-all-values-allows-absence",
                    "warning",
                    f"ForAllValues holds when {key.key} is absent; add a Null condition if it must be there",
                )


def _key(operator: str, key: Member, reference: Reference) -> Iterator[LintFinding]:
    prefix, colon, _ = key.key.lower().partition(":")
    if not colon:
        yield finding(key.span, "unknown-condition-key", "error", f"the key {key.key} names no service")
        return
    if prefix != "aws" and prefix not in reference.services():
        return  # Keys of identity providers carry the provider's name.
    type_ = reference.key_type(key.key)
    if type_ is None:
        yield finding(key.span, "unknown-condition-key", "error", f"no service sets a condition key {key.key}")
        return
    name = parse_name(operator)
    base = OPERATORS.get(name.base)
    if base is None:
        return
    several = type_.startswith("ArrayOf")
    if several and not name.quantifier:
        yield finding(
            key.span,
            "set-operator-missing",
            "warning",
            f"{key.key} may have several values: say ForAnyValue:{operator} or ForAllValues:{operator}",
        )
    plain = type_.removeprefix("ArrayOf").lower()
    family = _family(name.base)
    expected = _FAMILY_OF_TYPE.get(plain)
    mismatch = family != expected if expected is not None else family in ("Numeric", "Date", "Bool", "IpAddress")
    if mismatch and not (plain == "string" and family == "Bool"):
        better = f"; use {expected}..." if expected is not None else ""
        yield finding(
            key.span,
            "operator-type-mismatch",
            "warning",
            f"{key.key} is of type {type_}, which {base.name} is not made for{better}",
        )


def _values(operator: str, key: Member) -> Iterator[LintFinding]:
    family = _family(parse_name(operator).base)
    items = key.value.items if isinstance(key.value, Array) else (key.value,)
    for item in items:
        if isinstance(item, Scalar) and not _can_fit(family, item.text):
            yield finding(
                item.span, "value-never-fits", "error", f"{item.text!r} is nothing {operator} can compare with"
            )


def _can_fit(family: str, value: str) -> bool:
    if "${" in value:
        return True
    match family:
        case "Numeric":
            return number(value) is not None
        case "Date":
            return instant(value) is not None
        case "IpAddress":
            return block(value) is not None
        case "Bool" | "Null":
            return value.lower() in ("true", "false")
        case "Arn":
            return value.startswith("arn:") and value.count(":") >= 5
        case "Binary":
            return _is_base64(value)
    return True


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _family(base: str) -> str:
    for family in ("String", "Numeric", "Date", "Bool", "Binary", "Arn", "Null"):
        if base.startswith(family.lower()):
            return family
    return "IpAddress"
